"""The design's original stack, as small as it can be and still do the same: sign up, log in, ask, and keep both messages.

FastAPI, SQLAlchemy on SQLite, python-jose, passlib with bcrypt, OpenAI's client. The handlers are plain functions, as these
libraries' own guides have them: the framework runs them on threads. SQLite syncs every commit, as it does under Autio.
"""

import os
from datetime import datetime, timedelta, timezone

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from jose import JWTError, jwt
from openai import OpenAI
from passlib.context import CryptContext
from pydantic import BaseModel
from sqlalchemy import ForeignKey, create_engine, event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

SECRET = os.environ["JWT_SECRET"]
PROMPT = "You are Autio, recommending cars."

# As many connections as it likes. With a limit, requests that hold one wait for a thread while the threads wait for a
# connection, and at 256 at a time nothing moves until something times out.
engine = create_engine(
    os.environ["DATABASE_URL"], connect_args={"check_same_thread": False, "timeout": 30}, pool_size=0
)
SessionLocal = sessionmaker(engine, expire_on_commit=False)
passwords = CryptContext(schemes=["bcrypt"])
bearer = OAuth2PasswordBearer(tokenUrl="/auth/login")
model = OpenAI()


@event.listens_for(engine, "connect")
def set_up(connection, _):
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    hashed_pw: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)


class Message(Base):
    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[str]
    text: Mapped[str]
    timestamp: Mapped[datetime] = mapped_column(default=lambda: datetime.now(timezone.utc))


class SignUp(BaseModel):
    email: str
    password: str


class Turn(BaseModel):
    message: str


app = FastAPI()


def database():
    with SessionLocal() as session:
        yield session


def token_of(user: User) -> dict:
    expires = datetime.now(timezone.utc) + timedelta(hours=12)
    token = jwt.encode({"sub": str(user.id), "exp": expires}, SECRET, algorithm="HS256")
    return {"access_token": token, "token_type": "bearer"}


def current_user(token: str = Depends(bearer), session: Session = Depends(database)) -> User:
    try:
        user_id = int(jwt.decode(token, SECRET, algorithms=["HS256"])["sub"])
    except (JWTError, KeyError, ValueError):
        raise HTTPException(401, "Could not validate credentials") from None
    user = session.get(User, user_id)
    if user is None or not user.is_active:
        raise HTTPException(401, "Could not validate credentials")
    return user


@app.get("/")
def index():
    return {"message": "Autio is up and running!"}


@app.post("/auth/signup", status_code=201)
def signup(body: SignUp, session: Session = Depends(database)):
    user = User(email=body.email, hashed_pw=passwords.hash(body.password))
    session.add(user)
    try:
        session.commit()
    except IntegrityError:
        raise HTTPException(409, "That address has an account already") from None
    return token_of(user)


@app.post("/auth/login")
def login(form: OAuth2PasswordRequestForm = Depends(), session: Session = Depends(database)):
    user = session.scalar(select(User).where(User.email == form.username))
    if user is None or not passwords.verify(form.password, user.hashed_pw):
        raise HTTPException(401, "Incorrect username or password")
    return token_of(user)


@app.post("/chat/")
def chat(turn: Turn, user: User = Depends(current_user), session: Session = Depends(database)):
    session.add(Message(user_id=user.id, role="user", text=turn.message))
    session.commit()
    answer = model.chat.completions.create(
        model=os.environ.get("OPENAI_MODEL", "gpt-4o-mini"),
        temperature=0.7,
        messages=[{"role": "system", "content": PROMPT}, {"role": "user", "content": turn.message}],
    )
    reply = answer.choices[0].message.content or ""
    session.add(Message(user_id=user.id, role="assistant", text=reply))
    session.commit()
    return {"reply": reply}


if __name__ == "__main__":
    # Once, before the workers start: several at a time would be in each other's way.
    Base.metadata.create_all(engine)

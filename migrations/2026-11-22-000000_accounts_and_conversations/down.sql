DROP TABLE messages;
DROP TABLE conversations;
DROP TABLE sessions;
DROP TABLE users;

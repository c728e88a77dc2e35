//! Every setting read, refused and printed.

use super::*;

fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let secret = ("JWT_SECRET", "0123456789abcdef0123456789abcdef");
    Config::read(|name| {
        let mut all = pairs.iter().chain(std::iter::once(&secret));
        all.find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    })
}

fn lines(config: &Config) -> String {
    let all = config.printed();
    let lines = all.iter().map(|(name, value)| format!("{name}={value}\n"));
    lines.collect()
}

#[test]
fn nothing_needs_to_be_set() {
    let config = read(&[]).unwrap();
    assert_eq!(config.addr.to_string(), "127.0.0.1:8000");
    assert_eq!(config.public_url, "http://127.0.0.1:8000");
    assert!(config.openai.is_none() && !config.is_https());
}

#[test]
fn a_bad_value_is_one_line_that_names_the_variable() {
    for (name, value) in [
        ("AUTIO_ADDR", "here"),
        ("AUTIO_PUBLIC_URL", "https://cars.example/autio"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", ":memory:"),
        ("AUTIO_POSTGRES_CONNECTIONS", "1"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://:hunter2@cache/one"),
        ("JWT_SECRET", "short"),
        ("JWT_SECRET_PREVIOUS", "short"),
        ("AUTIO_SIGNUP", "invite"),
        ("AUTIO_TRUSTED_PROXIES", "10.0.0.0/8, proxy.example"),
        ("AUTIO_BUDGET_MESSAGES", "0"),
        ("AMQP_URL", "http://broker.example"),
        ("AMQP_URL", "amqp://broker.example/a/b"),
        ("AMQP_URL", "amqp://broker.example?heartbeat=often"),
        ("AUTIO_WORK_ADDR", "here"),
        ("AUTIO_METRICS_TOKEN", "hunter2"),
        ("AUTIO_BATCH_RATE", "60"),
        ("AUTIO_BATCH_RATE", "0/min"),
        ("AUTIO_BATCH_AT_ONCE", "0"),
        ("AUTIO_RETENTION_DAYS", "0"),
        ("AUTIO_RETENTION_DAYS", "a year"),
        ("AUTIO_PRICES", "/nowhere/prices.csv"),
        ("AUTIO_LOG", "info,=="),
        ("AUTIO_LOG", "warning"),
        ("OPENAI_TEMPERATURE", "9"),
        ("OPENAI_BASE_URL", "http://127.0.0.1/v1?key=abc"),
        ("DATABASE_URL", "host=db dbname=autio password=x"),
        ("AUTIO_LOG_FORMAT", "xml"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
        ("AUTIO_TRACE_UPSTREAM", "yes"),
    ] {
        let line = read(&[(name, value)]).unwrap_err().to_string();
        assert!(line.starts_with(name) && !line.contains('\n'), "{line}");
        assert!(!line.contains("hunter2"), "{line}");
    }
    let url = ("AMQP_URL", "amqp://broker.example");
    let error = read(&[url, ("AUTIO_AMQP_QUEUE", "two words")]).unwrap_err();
    assert_eq!(error.variable, "AUTIO_AMQP_QUEUE");
    for (name, value) in [
        ("OPENAI_API_KEY", "two words"),
        ("OPENAI_TEMPERATURE", "hot"),
        ("OPENAI_BASE_URL", "ftp://x"),
    ] {
        let error = read(&[(name, value), ("OPENAI_API_KEY", "k")]).unwrap_err();
        assert_eq!(error.variable, name);
    }
}

#[test]
fn postgres_needs_a_secret_and_an_empty_temperature_sends_none() {
    let error = Config::read(|name| {
        (name == "DATABASE_URL").then(|| "postgres://a:b@localhost/autio".to_owned())
    });
    assert_eq!(error.unwrap_err().variable, "JWT_SECRET");
    let config = read(&[("OPENAI_API_KEY", "k"), ("OPENAI_TEMPERATURE", "")]).unwrap();
    assert_eq!(config.openai.unwrap().temperature, None);
}

#[test]
fn printed_settings_hold_no_secret() {
    let config = read(&[
        ("DATABASE_URL", "postgres://autio:hunter2@db/autio"),
        ("OPENAI_API_KEY", "sk-hunter2"),
        ("REDIS_URL", "rediss://:hunter2@cache:6380/1"),
        ("AMQP_URL", "amqps://autio:hunter2@broker/%2f"),
        ("AUTIO_METRICS_TOKEN", "hunter2hunter2hunter2"),
    ]);
    let printed = lines(&config.unwrap());
    assert!(printed.contains("REDIS_URL=rediss://:hidden@cache:6380/1"));
    let socket = read(&[("REDIS_URL", "unix:///run/redis.sock?db=1&pass=hunter2")]);
    let socket = socket.unwrap();
    assert!(!format!("{}{socket:?}", lines(&socket)).contains("hunter2"));
    assert!(!printed.contains("hunter2") && printed.contains("postgres://autio:hidden@db"));
}

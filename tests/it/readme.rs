//! The README's examples run as they stand.

use tokio::process::Command;

use crate::site::Site;

#[tokio::test]
async fn the_curl_examples_run_as_they_stand() {
    let site = Site::start().await;
    let readme = include_str!("../../README.md");
    let blocks = readme.split("```sh\n").skip(1);
    let examples = blocks.map(|block| block.split("```").next().unwrap());
    let script = examples
        .filter(|block| block.contains("curl"))
        .collect::<String>()
        .replace("http://127.0.0.1:8000", &site.base);
    assert!(
        script.matches("curl ").count() >= 9,
        "the examples are gone"
    );
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .output()
        .await;
    let output = output.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    for part in [
        r#""access_token":""#,
        r#""body":"suv""#,
        "event: delta\n",
        "event: done\n",
        r#""status":"done""#,
        r#""conversations":[{"#,
        r#""email":"ann@example.com""#,
        r#""facets":[{"#,
        r#""fuel_usd_per_year":"#,
        r#""break_even":[{"#,
        r#""tokens":[{"#,
        r#""miles_per_year":9000"#,
        r#""counts":{"#,
        r#""id":"bob""#,
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("about:blank"), "an example fails: {text}");
}

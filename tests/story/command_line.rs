//! The command line: exit codes, one sentence, secrets alone on the last line, with and without a running server.

use std::os::unix::fs::PermissionsExt as _;

use support::binary::{self, Binary};
use support::operator::Operator;
use support::partner::Partner;

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = binary::run(arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

fn last(text: &str) -> &str {
    text.lines().last().expect("a last line")
}

#[tokio::test]
async fn people_and_partners_are_made_on_a_running_server_and_without_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let data_dir = dir.path().display().to_string();
    let at = ["--data-dir", data_dir.as_str()];
    let (code, out, err) =
        run(&[&["operator", "add", "anna", "--role", "analyst"], &at[..]].concat());
    assert_eq!(code, 0, "{err}");
    let password = last(&out).to_owned();
    assert_eq!(password.len(), 23, "{out}");

    let server = Binary::start(dir.path(), &[]);
    assert!(!dir.path().join("first-sign-in").exists(), "there was an operator already");
    let anna = Operator::sign_in(&server.base, "anna", &password).await;
    anna.ask("/api/v1/session").await.expect_status(200);
    let mode =
        std::fs::metadata(dir.path().join("talaia.sock")).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let (code, out, err) = run(&[
        &["partner", "add", "112", "--scope", "reports,read", "--mode", "exercise"],
        &at[..],
    ]
    .concat());
    assert_eq!(code, 0, "{err}");
    assert!(last(&out).starts_with("tal_ex_"), "{out}");
    let partner = Partner::new(&server.base, last(&out));
    partner.ask("/api/v1/reports").await.expect_status(200);
    // A key that is bound to more says so, and in which words it was wrong.
    let bound = ["partner", "add", "bcn", "--area", "2.05,41.32,2.23,41.47", "--rate", "20"];
    let ends = ["--expires", "2099-01-01", "--test"];
    let (code, out, err) = run(&[&bound[..], &ends[..], &at[..]].concat());
    assert_eq!(code, 0, "{err}");
    assert!(last(&out).starts_with("tal_test_"), "{out}");
    let (_, listed, _) = run(&[&["partner", "list"], &at[..]].concat());
    for word in ["test lane", "area 2.05,41.32,2.23,41.47", "20 requests/s", "until 2099-01-01"] {
        assert!(listed.contains(word), "{word} is not in {listed}");
    }
    let rotate = ["partner", "rotate", "112", "--keep-old", "7d"];
    let (code, out, err) = run(&[&rotate[..], &at[..]].concat());
    assert_eq!(code, 0, "{err}");
    Partner::new(&server.base, last(&out)).ask("/api/v1/reports").await.expect_status(200);
    partner.ask("/api/v1/reports").await.expect_status(200);
    let (_, listed, _) = run(&[&["partner", "list"], &at[..]].concat());
    assert!(
        listed.contains("112") && listed.contains("exercise") && listed.contains("reports,read"),
        "{listed}"
    );
    assert!(!listed.contains(last(&out)), "a key is shown once");
    let (code, _, _) = run(&[&["partner", "revoke", "112"], &at[..]].concat());
    assert_eq!(code, 0);
    partner.ask("/api/v1/reports").await.expect_status(401);
    let (code, _, _) = run(&[&["operator", "disable", "anna"], &at[..]].concat());
    assert_eq!(code, 0);
    anna.ask("/api/v1/session").await.expect_status(401);
    let (code, _, err) = run(&[&["partner", "revoke", "112"], &at[..]].concat());
    assert_eq!((code, err.lines().count()), (1, 1), "{err}");
}

#[tokio::test]
async fn the_first_start_makes_an_administrator_and_keeps_the_password_for_its_owner_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Binary::start(dir.path(), &[]);
    let kept = dir.path().join("first-sign-in");
    let password = support::wait::until("the first password", || async {
        std::fs::read_to_string(&kept).ok()
    })
    .await;
    assert_eq!(std::fs::metadata(&kept).expect("a file").permissions().mode() & 0o777, 0o600);
    let admin = Operator::sign_in(&server.base, "admin", password.trim()).await;
    let who = admin.ask("/api/v1/session").await.expect_status(200).json();
    assert_eq!(who["role"], "administrator");
}

#[test]
fn wrong_words_end_with_two_and_failed_work_with_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let data_dir = dir.path().display().to_string();
    let at = ["--data-dir", data_dir.as_str()];
    let cases: [(&[&str], i32); 13] = [
        (&["operator", "add", "anna", "--role", "boss"], 2),
        (&["operator", "add", " anna", "--role", "viewer"], 2),
        (&["operator", "add", "anna"], 2),
        (&["partner", "add", "112", "--scope", "everything"], 2),
        (&["partner", "add", "112", "--mode", "drill"], 2),
        (&["nonsense"], 2),
        (&["operator", "role", "nobody", "viewer"], 1),
        (&["partner", "rotate", "nobody"], 1),
        (&["partner", "add", "112", "--expires", "soon"], 2),
        (&["partner", "add", "112", "--expires", "2001-01-01"], 2),
        (&["partner", "add", "112", "--rate", "0"], 2),
        (&["partner", "add", "112", "--area", "1,2,3"], 2),
        (&["partner", "rotate", "112", "--keep-old", "long"], 2),
    ];
    for (words, wanted) in cases {
        let own = words.first() == Some(&"nonsense");
        let (code, out, err) = run(&if own { words.to_vec() } else { [words, &at[..]].concat() });
        assert_eq!(code, wanted, "{words:?}: {err}");
        assert!(!err.is_empty() && out.is_empty(), "{words:?}");
        if wanted == 1 {
            assert_eq!(err.lines().count(), 1, "one sentence: {err}");
        }
    }
    let (code, _, err) = run(&["config", "check", "--set", "limits.features_max=0"]);
    assert_eq!(code, 2);
    assert!(err.contains("limits.features_max"), "{err}");
    let (code, out, _) = run(&["config", "show", "--listen", "127.0.0.1:9"]);
    assert_eq!(code, 0);
    assert!(
        out.lines().any(|line| line.starts_with("listen") && line.ends_with("# flag")),
        "{out}"
    );
}

#[tokio::test]
async fn an_erased_report_keeps_its_count_and_loses_its_words() {
    let dir = tempfile::tempdir().expect("a directory");
    let data_dir = dir.path().display().to_string();
    let at = ["--data-dir", data_dir.as_str()];
    let server = Binary::start(dir.path(), &[]);
    let (_, out, _) =
        run(&[&["partner", "add", "112", "--scope", "reports,read"], &at[..]].concat());
    let partner = Partner::new(&server.base, last(&out));
    partner.report(&[support::partner::feature("a", 2.1712, 41.4034, "flood", "Severe")]).await;
    let seen = partner.ask("/api/v1/reports").await.expect_status(200).json();
    let id = seen["features"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(seen["features"][0]["properties"]["text"], "report a");

    let (code, _, err) = run(&[&["erase", id.as_str()], &at[..]].concat());
    assert_eq!(code, 0, "{err}");
    let after = partner.ask("/api/v1/reports").await.expect_status(200).json();
    let left = after["features"].as_array().expect("features");
    assert!(left.iter().all(|report| report["properties"]["text"].is_null()), "{after}");
    let picture = partner.ask("/api/v1/picture?bbox=-180,-85,180,85&zoom=0").await.json();
    assert_eq!(picture["totals"]["total"], 1, "{picture}");
    let (code, _, _) = run(&[&["erase", "not-an-id"], &at[..]].concat());
    assert_eq!(code, 2);
    let unknown = "0".repeat(32);
    let (code, _, err) = run(&[&["erase", unknown.as_str()], &at[..]].concat());
    assert_eq!((code, err.lines().count()), (1, 1), "{err}");
}

#[test]
fn a_variable_of_another_program_is_no_setting_and_a_misspelt_limit_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let check = |name: &str| {
        std::process::Command::new(binary::path())
            .args(["config", "check", "--data-dir"])
            .arg(dir.path())
            .env(name, "1")
            .output()
            .expect("the command runs")
    };
    let foreign = check("TALAIA_SOMETHING_ELSE");
    assert!(foreign.status.success(), "{}", String::from_utf8_lossy(&foreign.stderr));
    let misspelt = check("TALAIA_LIMITS__REQUESTS_PER_SECOND");
    assert!(!misspelt.status.success());
    assert!(String::from_utf8_lossy(&misspelt.stderr).contains("requests_per_second"));
}

use super::*;

fn plan(country: &str, exit: &str, national: &str) -> DiallingPlan {
    DiallingPlan {
        country_code: Some(country.to_owned()).filter(|code| !code.is_empty()),
        exit_prefix: exit.to_owned(),
        national_prefix: national.to_owned(),
    }
}

fn matches(plan: &DiallingPlan, asked: &str, stored: &str) -> bool {
    let forms = plan.forms(&NumberPattern::parse(asked).unwrap());
    forms.iter().any(|form| form.is(stored))
}

/// What is asked for in a plan, what is stored, and whether it is that.
#[test]
fn forms_of_one_number_are_one() {
    let france = plan("33", "00", "0");
    let spain = plan("34", "00", "");
    let denmark = plan("45", "00", "");
    let america = plan("1", "011", "1");
    let nowhere = plan("", "00", "0");
    for (plan, asked, same, others) in [
        (
            &france,
            &[
                "+33611223344",
                " 33611223344",
                "0033611223344",
                "33611223344",
                "0611223344",
                "06 11-22.33/44",
                "+33 (6) 11 22 33 44",
            ][..],
            &["33611223344", "0033611223344", "0611223344"][..],
            &["611223344", "0611223345", "+33611223344"][..],
        ),
        (
            &france,
            &["1001", " 0611"],
            &[],
            &["0011001", "331001", "33611"],
        ),
        (&france, &["3365"], &["3365"], &["065", "003365"]),
        (&france, &["15"], &["15"], &["3315", "015"]),
        (
            &france,
            &["+4930123456", "004930123456", " 49 30 123456"],
            &["4930123456", "004930123456"],
            &["030123456", "04930123456"],
        ),
        (
            &spain,
            &["+34911223344", "911223344", "0034911223344", "34911223344"],
            &["34911223344", "0034911223344", "911223344"],
            &["0911223344"],
        ),
        (
            &denmark,
            &["12345678", "+4512345678"],
            &["12345678", "4512345678"],
            &["2345678"],
        ),
        (
            &america,
            &["+12125551234", "12125551234", "01112125551234"],
            &["12125551234", "01112125551234"],
            &["5551234"],
        ),
        (
            &nowhere,
            &["+33611223344", "0033611223344"],
            &["33611223344", "0033611223344"],
            &["0611223344"],
        ),
        (&nowhere, &["0611223344"], &["0611223344"], &["33611223344"]),
        (
            &france,
            &["06*"],
            &["0611223344", "0612", "33611223344", "0033611223344"],
            &["3361", "0711223344", "336112"],
        ),
        (
            &france,
            &["+336*", "00336*"],
            &["0611223344", "33611223344", "0033611223344"],
            &["0612", "3361", "0711223344"],
        ),
        (
            &france,
            &["+33*", "0033*"],
            &["0611223344", "33145000000", "0033145000000"],
            &["004930123456", "3361", "012"],
        ),
        (
            &france,
            &["+49*"],
            &["4930123456", "004930123456"],
            &["0493012345", "4901"],
        ),
        (
            &france,
            &["10*"],
            &["1001", "10", "1099"],
            &["33101001", "001001", "010"],
        ),
        (
            &france,
            &["*3344"],
            &["0611223344", "33611223344", "3344"],
            &["33440"],
        ),
        (&nowhere, &["06*"], &["0611223344"], &["33611223344"]),
        (
            &nowhere,
            &["+336*"],
            &["33611223344", "00336112233"],
            &["0611223344"],
        ),
        (
            &spain,
            &["+34*"],
            &["911223344", "34911223344"],
            &["004930123456", "1001"],
        ),
    ] {
        for asked in asked {
            for stored in same {
                assert!(matches(plan, asked, stored), "{asked} {stored} {plan:?}");
            }
            for stored in others {
                assert!(!matches(plan, asked, stored), "{asked} {stored} {plan:?}");
            }
        }
    }
}

#[test]
fn whoever_asks_for_a_number_finds_all_that_count_as_one() {
    for plan in [
        plan("33", "00", "0"),
        plan("34", "00", ""),
        plan("39", "00", ""),
        plan("1", "011", "1"),
        plan("", "00", "0"),
    ] {
        let country = plan.country_code.clone().unwrap_or_default();
        let bare = [
            "1001",
            "33",
            "0611223344",
            "611223344",
            "3931234567",
            "2125551234",
        ];
        let begins = [
            String::new(),
            country,
            plan.exit_prefix.clone(),
            "0033".to_owned(),
        ];
        let all: Vec<String> = bare
            .iter()
            .flat_map(|number| begins.iter().map(move |begin| format!("{begin}{number}")))
            .collect();
        for asked in &all {
            for stored in all.iter().filter(|s| plan.normal(s) == plan.normal(asked)) {
                assert!(matches(&plan, asked, stored), "{asked} {stored} {plan:?}");
                let keys = plan.customer_keys(asked);
                assert!(keys.contains(stored), "{asked} {stored} {plan:?}");
            }
        }
    }
}

#[test]
fn what_is_no_number_says_what_one_would_be() {
    for (text, reason) in [
        ("", "digits"),
        ("+", "digits"),
        (" ", "digits"),
        ("*", "digits"),
        ("06*11", "one *"),
        ("*06*", "one *"),
        ("**", "one *"),
        ("**06", "one *"),
        ("+*3344", "one *"),
        ("0*", "2 digits before"),
        ("+3*", "2 digits"),
        ("*44", "3 digits after"),
        ("06a", "digits"),
        ("+33+6", "digits"),
        ("٣٣٦", "digits"),
        ("06%", "digits"),
        ("0611_", "digits"),
    ] {
        match NumberPattern::parse(text) {
            Err(said) => assert!(said.contains(reason), "{text}: {said}"),
            Ok(read) => panic!("{text}: {read:?}"),
        }
    }
    assert!(NumberPattern::parse(&"1".repeat(65)).is_err());
}

#[test]
fn a_customer_has_one_key_in_each_form() {
    let france = plan("33", "00", "0");
    let keys = ["0033611223344", "0611223344", "33611223344"];
    for asked in [
        "+33611223344",
        " 33611223344",
        "0611223344",
        "06.11.22.33.44",
    ] {
        assert_eq!(france.customer_keys(asked), keys, "{asked}");
    }
    assert_eq!(france.customer_keys("#31#0611"), ["#31#0611"]);
    assert!(france.customer_keys("anonymous").is_empty());
    assert!(france.customer_keys("+").is_empty());
    assert_eq!(DiallingPlan::default().customer_keys("0611"), ["0611"]);
}

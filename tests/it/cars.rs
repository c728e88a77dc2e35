//! The catalogue's pages and the shortlist: as browser, htmx, program and stranger.

use reqwest::Response;
use serde_json::{Value, json};

use crate::site::{Caller, Site, header};

const HYBRID: &str = "2022-toyota-rav4-hybrid-awd-45009";
const GASOLINE: &str = "2022-toyota-rav4-44992";
/// A plug-in hybrid without a price.
const PLUG_IN: &str = "2022-toyota-rav4-prime-4wd-44984";

async fn get(caller: &Caller, path: &str) -> Response {
    caller.get(path).send().await.unwrap()
}

async fn html(caller: &Caller, path: &str, status: u16) -> String {
    let response = get(caller, path).await;
    assert_eq!(response.status(), status, "{path}");
    response.text().await.unwrap()
}

#[tokio::test]
async fn a_search_comes_as_a_page_a_piece_and_json_to_everybody() {
    let site = Site::start().await;
    let path = "/cars?bodies=suv&budget_max=35000&year_min=2022&year_max=2022";
    let response = get(&site.stranger(), path).await;
    assert_eq!(header(&response, "cache-control"), "public, max-age=3600");
    let json: Value = response.json().await.unwrap();
    let cars = json["cars"].as_array().unwrap();
    assert_eq!(cars.len(), 20);
    assert_eq!(json["next"], "20");
    assert_eq!(json["years"], json!({ "min": 2022, "max": 2022 }));
    for car in cars {
        assert_eq!((&car["body"], &car["year"]), (&json!("suv"), &json!(2022)));
        assert!(car["price"]["usd"].as_u64().unwrap() <= 35_000);
    }
    assert_eq!(json["open"][0]["limit"], "budget_max");
    let facet = |name: &str| {
        let facets = json["facets"].as_array().unwrap();
        facets.iter().find(|facet| facet["field"] == name).unwrap()
    };
    let bodies = facet("bodies")["choices"].as_array().unwrap();
    let suv = bodies.iter().find(|c| c["value"] == "suv").unwrap();
    assert_eq!(suv["count"], json["total"]);
    assert_eq!(suv["chosen"], true);
    // What a choice says it would leave is what it leaves.
    let awd = facet("drives")["choices"][2].clone();
    assert_eq!(awd["value"], "awd");
    let narrower = site.stranger().read(&format!("{path}&drives=awd")).await;
    assert_eq!(narrower["total"], awd["count"]);

    let page = html(&site.browser(), path, 200).await;
    assert!(page.contains("<html") && page.contains("Compare the chosen"));
    assert!(page.contains("; source: EPA OMEGA MY2022 (mean of its trims)"));
    assert!(!page.contains("<script") && !page.contains("style="));
    let piece = html(&site.htmx(), path, 200).await;
    assert!(!piece.contains("<html") && piece.contains("models fit"));
}

#[tokio::test]
async fn paging_reaches_every_model_once() {
    let site = Site::start().await;
    let stranger = site.stranger();
    let mut ids = Vec::new();
    let mut cursor = "0".to_owned();
    let path = "/cars?makes=toyota&year_min=2024&budget_max=60000&limit=50";
    let (mut total, mut open) = (0, 0);
    loop {
        let page = stranger.read(&format!("{path}&cursor={cursor}")).await;
        let cars = page["cars"].as_array().unwrap().iter();
        ids.extend(cars.map(|car| car["id"].as_str().unwrap().to_owned()));
        total = page["total"].as_u64().unwrap().max(total);
        open = page["open"][0]["count"].as_u64().unwrap_or(0).max(open);
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(ids.len() as u64, total + open);
    let known = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), known);
    let beyond = stranger.read("/cars?cursor=100000").await;
    assert_eq!(
        (&beyond["cars"], &beyond["next"]),
        (&json!([]), &Value::Null)
    );
}

#[tokio::test]
async fn a_filter_that_cant_be_used_is_said_beside_its_field_and_nothing_is_lost() {
    let site = Site::start().await;
    let path = "/cars?bodies=suv&budget_max=cheap&makes=Toyota&models=%3Cb%3E";
    let problem = get(&site.stranger(), path).await;
    assert_eq!(problem.status(), 422);
    let problem: Value = problem.json().await.unwrap();
    assert_eq!(problem["errors"][0]["field"], "budget_max");
    for caller in [site.browser(), site.htmx()] {
        let page = html(&caller, path, 422).await;
        assert!(page.contains("id=\"budget_max-error\">“cheap” is not a whole number"));
        assert!(page.contains("<option value=\"cheap\" selected>"));
        assert!(
            page.contains("value=\"suv\" checked") && page.contains("value=\"Toyota\" checked")
        );
        assert!(
            page.contains("value=\"&#60;b&#62;\""),
            "what was typed is gone, or not escaped"
        );
    }
    for hostile in [
        "bodies=",
        "&&&=&==",
        "bodies=%00",
        "bodies=%ff%fe",
        "models='%20OR%201=1--",
        "limit=-1",
        "cursor=99999999999999999999999",
        "year_min=65536",
        "colour=red",
        "bodies[]=suv",
        &"makes=kia&".repeat(300),
        &format!("models={}", "a,".repeat(3_000)),
    ] {
        for caller in [site.stranger(), site.browser()] {
            let response = get(&caller, &format!("/cars?{hostile}")).await;
            let status = response.status().as_u16();
            assert!(matches!(status, 200 | 422), "{hostile}: {status}");
        }
    }
}

#[tokio::test]
async fn nothing_found_comes_with_links_to_the_smallest_changes() {
    let site = Site::start().await;
    let path = "/cars?fuels=electric&transmissions=manual&bodies=minivan";
    let page = html(&site.browser(), path, 200).await;
    let offer = page.split("The smallest changes that would help:").nth(1);
    let link = offer.unwrap().split("href=\"").nth(1).unwrap();
    let link = link.split('"').next().unwrap().replace("&#38;", "&");
    let found = site.stranger().read(&link).await;
    assert!(found["total"].as_u64().unwrap() > 0, "{link}");
    for control in ["budget_min", "towing_min"] {
        assert!(page.contains(&format!("<select id=\"f-{control}\"")));
    }
    let many = "/cars?".to_owned() + &"models=a&".repeat(190);
    let page = html(&site.browser(), &many, 422).await;
    assert!(page.contains("At most 20 can be given here.") && page.len() < 100_000);
}

#[tokio::test]
async fn one_car_comes_with_the_source_of_every_figure() {
    let site = Site::start().await;
    let car = site.stranger().read(&format!("/cars/{HYBRID}")).await;
    assert_eq!(car, json!(site.app.catalogue().get(HYBRID).unwrap()));
    let page = html(&site.browser(), &format!("/cars/{HYBRID}"), 200).await;
    for source in car["sources"].as_object().unwrap().values() {
        assert!(
            page.contains(source.as_str().unwrap()),
            "{source} isn't named"
        );
    }
    for words in [
        "about $32,700",
        "an estimate from the 2019 MSRP",
        "40 mpg",
        "unknown",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.contains(&format!("/login?next=/cars/{HYBRID}")));
    let piece = html(&site.htmx(), &format!("/cars/{HYBRID}"), 200).await;
    assert!(!piece.contains("<html") && piece.contains("Figures and their sources"));
    for nowhere in [
        "/cars/nothing",
        "/cars/2022-toyota-rav4-hybrid-awd-1",
        "/cars/%00",
        "/cars/45009",
        "/cars/nothing/cost",
    ] {
        assert_eq!(get(&site.stranger(), nowhere).await.status(), 404);
        let page = html(&site.browser(), nowhere, 404).await;
        assert!(page.contains("<h1>Not Found</h1>"));
    }
}

#[tokio::test]
async fn the_cost_to_own_is_the_persons_own_arithmetic() {
    let site = Site::start().await;
    let path = format!("/cars/{HYBRID}/cost");
    let usual = site.stranger().read(&path).await;
    // 15,000 miles at 40 mpg and $3.02.
    assert_eq!(usual["fuel_usd_per_year"], 1_132.5);
    assert_eq!(usual["total_usd"], 38_362.5);
    let own = format!("{path}?miles_per_year=8000&regular_usd=4&years=2&price_usd=30000");
    let own = site.stranger().read(&own).await;
    assert_eq!(own["fuel_usd_per_year"], 800.0);
    assert_eq!(
        (&own["total_usd"], &own["price"]["kind"]),
        (&json!(31_600.0), &json!("own"))
    );
    let unpriced = site.stranger().read(&format!("/cars/{PLUG_IN}/cost")).await;
    assert_eq!(
        (&unpriced["price"], &unpriced["total_usd"]),
        (&Value::Null, &Value::Null)
    );
    assert!(
        unpriced["unknown"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("No price")
    );
    let page = html(&site.browser(), &format!("{path}?miles_per_year=8000"), 200).await;
    assert!(page.contains("200 gallons of regular gasoline at $3.02"));
    for (query, field) in [
        ("miles_per_year=0", "miles_per_year"),
        ("regular_usd=NaN", "regular_usd"),
        ("city_percent=101", "city_percent"),
        ("price_usd=free", "price_usd"),
        ("milage=3", "milage"),
    ] {
        let path = format!("{path}?{query}");
        let problem: Value = get(&site.stranger(), &path).await.json().await.unwrap();
        assert_eq!(
            (&problem["status"], &problem["errors"][0]["field"]),
            (&json!(422), &json!(field))
        );
        let page = html(&site.browser(), &path, 422).await;
        assert!(page.contains(query.split_once('=').unwrap().1));
        assert!(
            !page.contains("Fuel in all"),
            "a cost from figures that were refused"
        );
    }
}

#[tokio::test]
async fn cars_are_compared_two_to_four_at_a_time() {
    let site = Site::start().await;
    let path = format!("/cars/compare?ids={HYBRID},{GASOLINE}");
    let json = site.stranger().read(&path).await;
    assert_eq!(json["cars"][1]["id"], GASOLINE);
    let row = |field: &str| {
        let rows = json["rows"].as_array().unwrap();
        rows.iter()
            .find(|row| row["field"] == field)
            .unwrap()
            .clone()
    };
    assert_eq!(
        (
            &row("mpg.combined")["differs"],
            &row("mpg.combined")["best"]
        ),
        (&json!(true), &json!([0]))
    );
    assert_eq!(row("body")["differs"], false);
    assert_eq!(row("horsepower")["values"][0]["value"], Value::Null);
    // One price is a base price, the other a mean: they are like only at the person's own.
    assert_eq!(row("price")["best"], json!([]));
    assert_eq!(json["break_even"][0]["outcome"], "unknown");
    let page = html(&site.browser(), &path, 200).await;
    assert!(page.contains("enter your own prices") && !page.contains("<svg class=\"chart\""));
    // On the smallest phones two are too wide as well.
    assert!(page.contains("Scroll sideways"));
    let path = format!("{path}&price_usd=32,700&price_usd=30,558");
    let json = site.stranger().read(&path).await;
    assert_eq!(json["break_even"][0]["outcome"], "after");
    // $2,142 more against $377.50 a year less.
    assert_eq!(json["break_even"][0]["years"], 5.7);
    let page = html(&site.browser(), &path, 200).await;
    assert!(page.contains("<svg class=\"chart\"") && page.contains("The same as a table"));
    assert!(page.contains("it has paid for itself after 5.7 years"));
    let only = html(&site.browser(), &format!("{path}&only=differences"), 200).await;
    assert!(!only.contains("<th scope=\"row\">Body") && only.contains("Gas mileage"));
    let three = format!("/cars/compare?ids={HYBRID}&ids={GASOLINE}&ids={PLUG_IN}");
    let page = html(&site.browser(), &three, 200).await;
    assert!(page.contains("Scroll sideways to see all of it."));
    let three = site.stranger().read(&three).await;
    assert_eq!(three["break_even"].as_array().unwrap().len(), 3);
    assert_eq!(three["break_even"][1]["outcome"], "unknown");
    let piece = html(&site.htmx(), &path, 200).await;
    assert!(!piece.contains("<html"));
    for ids in [
        "",
        HYBRID,
        &format!("{HYBRID},{HYBRID}"),
        "a,b",
        &format!("{HYBRID},nothing"),
        &[HYBRID, GASOLINE, PLUG_IN, "d", "e"].join(","),
    ] {
        let path = format!("/cars/compare?ids={ids}");
        let problem: Value = get(&site.stranger(), &path).await.json().await.unwrap();
        assert_eq!(problem["status"], 422, "{ids}");
        assert_eq!(problem["errors"][0]["field"], "ids");
        let page = html(&site.browser(), &path, 422).await;
        assert!(page.contains("Choose from all cars"));
        if ids.ends_with(",e") {
            assert!(page.contains("Choose 2 to 4 cars: these are 5."));
        }
    }
}

#[tokio::test]
async fn the_shortlist_belongs_to_one_person() {
    let site = Site::start().await;
    let (ann, bob) = (site.new_program().await, site.new_program().await);
    let path = format!("/shortlist/{HYBRID}");
    let kept = ann.put(&path).send().await.unwrap();
    assert_eq!(kept.status(), 201);
    assert_eq!(kept.json::<Value>().await.unwrap()["id"], HYBRID);
    assert_eq!(ann.put(&path).send().await.unwrap().status(), 200);
    assert_eq!(bob.read("/shortlist").await["cars"], json!([]));
    // What Bob drops is his own.
    assert_eq!(bob.delete(&path).send().await.unwrap().status(), 204);
    let cars = ann.read("/shortlist").await;
    assert_eq!(
        cars["cars"],
        json!([site.app.catalogue().get(HYBRID).unwrap()])
    );
    bob.put(&format!("/shortlist/{GASOLINE}"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        ann.read("/shortlist").await["cars"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(ann.delete(&path).send().await.unwrap().status(), 204);
    assert_eq!(ann.read("/shortlist").await["cars"], json!([]));
    assert_eq!(
        ann.put("/shortlist/nothing").send().await.unwrap().status(),
        404
    );
}

#[tokio::test]
async fn a_browser_keeps_by_forms_and_a_stranger_logs_in_first() {
    let site = Site::start().await;
    let browser = site.browser();
    let post = async |caller: &Caller, path: &str, next: &str| {
        caller
            .post(path)
            .form(&[("next", next)])
            .send()
            .await
            .unwrap()
    };
    let path = format!("/shortlist/{HYBRID}");
    for (place, back) in [("/shortlist", "%2Fshortlist")] {
        let away = get(&browser, place).await;
        assert_eq!(
            (away.status().as_u16(), header(&away, "location")),
            (303, &*format!("/login?next={back}"))
        );
    }
    let away = post(&browser, &path, "/cars").await;
    assert_eq!(away.status(), 303);
    assert_eq!(
        header(&away, "location"),
        format!("/login?next=%2Fcars%2F{HYBRID}")
    );
    assert_eq!(get(&site.stranger(), "/shortlist").await.status(), 401);
    assert_eq!(
        site.stranger().put(&path).send().await.unwrap().status(),
        401
    );

    site.sign_up("kim@example.com").await;
    browser.log_in("kim@example.com").await;
    let kept = post(&browser, &path, "/cars?bodies=suv").await;
    assert_eq!(
        (kept.status().as_u16(), header(&kept, "location")),
        (303, "/cars?bodies=suv")
    );
    let page = html(&browser, "/shortlist", 200).await;
    assert!(page.contains("2022 Toyota RAV4 Hybrid AWD") && page.contains("Kept on 20"));
    let page = html(&browser, &format!("/cars/{HYBRID}"), 200).await;
    assert!(page.contains(&format!("action=\"/shortlist/{HYBRID}/drop\"")));
    let dropped = post(&browser, &format!("{path}/drop"), "//evil.example").await;
    assert_eq!(header(&dropped, "location"), "/chat/");
    assert!(
        html(&browser, "/shortlist", 200)
            .await
            .contains("Nothing is kept yet")
    );

    let htmx = site.htmx();
    htmx.log_in("kim@example.com").await;
    let piece = htmx.put(&path).send().await.unwrap();
    assert_eq!(piece.status(), 200);
    assert!(piece.text().await.unwrap().contains("hx-delete"));
    let piece = htmx.delete(&path).send().await.unwrap();
    assert!(piece.text().await.unwrap().contains("hx-put"));

    // Another site's form carries the cookie, and is refused.
    let cross = browser.post(&path).header("sec-fetch-site", "cross-site");
    assert_eq!(cross.send().await.unwrap().status(), 403);
    assert!(
        html(&browser, "/shortlist", 200)
            .await
            .contains("Nothing is kept yet")
    );
}

#[tokio::test]
async fn a_card_in_the_chat_leads_to_its_car() {
    let site = Site::start().await;
    site.sign_up("lou@example.com").await;
    let browser = site.browser();
    browser.log_in("lou@example.com").await;
    let program = site.new_program().await;
    let said = program
        .say("A hybrid SUV with all-wheel drive, 2023 or newer", None)
        .await;
    let cars = said["cars"].as_array().unwrap();
    assert!(cars.len() > 1);
    let form = [(
        "message",
        "A hybrid SUV with all-wheel drive, 2023 or newer",
    )];
    let there = browser.post("/chat/").form(&form).send().await.unwrap();
    let there = header(&there, "location").to_owned();
    let first = cars[0]["id"].as_str().unwrap();
    let mut page = String::new();
    for _ in 0..100 {
        page = html(&browser, &there, 200).await;
        if page.contains(&format!("href=\"/cars/{first}\"")) && page.contains("/cars/compare?ids=")
        {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(page.contains(&format!("hx-put=\"/shortlist/{first}\"")));
    let compare = page.split("href=\"/cars/compare").nth(1).unwrap();
    let compare = compare.split('"').next().unwrap();
    assert_eq!(
        get(&browser, &format!("/cars/compare{compare}"))
            .await
            .status(),
        200
    );
}

//! Sentences that are borne out, and sentences that aren't, with what of them is marked.

/// Sentences that are true of what was returned, or of the catalogue where it wasn't.
pub(super) const HONEST: &[&str] = &[
    "The 2025 Toyota RAV4 Hybrid AWD gets 39 mpg combined.",
    "The **2025 Toyota RAV4 Hybrid AWD** is rated 41 city and 38 highway, 39 mpg combined.",
    "2025 Toyota RAV4 Hybrid AWD: 39 mpg, about $1,150 a year in fuel, price unknown.",
    "At 39 mpg the RAV4 Hybrid is the thriftiest SUV here.",
    "The RAV4 Hybrid gets 41/38/39 mpg (city/highway/combined).",
    "With the CR-V AWD hybrid you get 37 mpg and five seats for $35,900, an estimate from the 2021 price.",
    "The Honda CR-V FWD is about $30,000 and has 190 hp.",
    "The 2025 Honda CR-V FWD costs $29,900, which is $5,100 under your $35,000 budget.",
    "The CR-V FWD is under $35,000.",
    "It has a 1.5-liter four-cylinder engine? That is the 2025 Honda CR-V FWD: 1.5 L, 4 cylinders.",
    "The Telluride seats eight and has 5 of 5 stars.",
    "The 2025 Kia Telluride FWD (8 seats, 22 mpg, $36,400) is $1,400 over your budget.",
    "The Telluride has a five-star rating from NHTSA, on a scale of 5 stars.",
    "The Kia Telluride's three rows hold up to 8 passengers.",
    "The Highlander Hybrid gets 35 mpg, 13 more than the Telluride's 22.",
    "The RAV4 Hybrid uses less: 39 mpg versus 22 for the Telluride.",
    "39 mpg for the RAV4 Hybrid and 37 for the CR-V AWD.",
    "The RAV4 Hybrid and the CR-V AWD get 39 and 37 mpg respectively.",
    "The Hyundai Ioniq 5 RWD goes 318 miles on a charge at 114 MPGe.",
    "The Ioniq 5 goes 7 miles farther than the Model Y Long Range AWD, at 114 MPGe instead of 117.",
    "By EPA's estimate the Ioniq 5 costs about $700 a year for 15,000 miles; that is $3,500 over five years.",
    "At 13,500 miles a year and $0.17 per kWh the Tesla Model Y Long Range AWD would cost you $612 a year.",
    "The Model Y seats 5 to 7.",
    "The Prius plug-in hybrid drives 45 miles on electricity and 600 miles in all.",
    "The Prius PHEV emits 50 g of CO2 a mile from the tailpipe.",
    "MPGe counts 33.7 kWh as a gallon.",
    "You asked for at most $35,000 and seven seats.",
    "Would you go up to $38,000, or take 5 seats?",
    "If you could stretch to $37,000, the list would be longer.",
    "I found 14 models; here are three options.",
    "At your 12,000 miles a year, fuel matters less.",
    "A 2019 Honda Civic 4Dr listed at $20,250 new.",
    "The 2025 Mazda3, a 2024 Ford F-150 and the 2023 Volkswagen ID.4 are outside what you asked for.",
    "The 2025 Chevy Tahoe and the Mercedes C300 are real cars too.",
    "- **2025 Subaru Outback AWD**\n  - 28 mpg combined (26 city, 32 highway)\n  - 182 hp\n  - Price: $33,500 (estimate)\n  - Seats: 5",
    "| Car | MPG | Price |\n|---|---|---|\n| 2025 Honda CR-V FWD | 30 | $29,900 |\n| 2025 Kia Telluride FWD | 22 | $36,400 |",
    "| | RAV4 Hybrid | Outback AWD |\n|---|---|---|\n| Combined mpg | 39 | 28 |\n| Seats | 5 | 5 |",
    "### 2025 Toyota Highlander Hybrid AWD\n\nIt seats 8, gets 35 mpg and costs about $48,000.",
    "All of these get 22 mpg or more: the RAV4 Hybrid, the CR-V AWD and the Telluride.",
    "The Outback has 182 horsepower, the RAV4 Hybrid's isn't known.",
    "Top picks for 2025: small SUVs. EPA's data is of October 2025, NHTSA's of 2025 too.",
    "The RAV4 Hybrid saves $450 a year in fuel over the Outback, at $1,150 against $1,600.",
    "Toyota and Honda both build hybrids, and so do Ford and Kia.",
];

/// Sentences with what must be marked in each.
pub(super) const LIES: &[(&str, &[&str])] = &[
    (
        "The 2025 Aurora Zephyr is the best.",
        &["2025 Aurora Zephyr"],
    ),
    ("Try the Toyota Zephyr.", &["Toyota Zephyr"]),
    (
        "The 2035 Toyota RAV4 Hybrid will do.",
        &["2035 Toyota RAV4 Hybrid"],
    ),
    (
        "A 2025 Honda Pilot Hybrid fits.",
        &["2025 Honda Pilot Hybrid"],
    ),
    (
        "The 2015 Hyundai Ioniq 5 is cheap.",
        &["2015 Hyundai Ioniq 5"],
    ),
    (
        "The 2025 **Zephyr** goes 900 miles.",
        &["2025 **Zephyr", "900 miles"],
    ),
    ("The 2025 Toyota RAV4 Hybrid AWD gets 60 mpg.", &["60 mpg"]),
    ("The RAV4 Hybrid gets 39 mpg in the city.", &["39 mpg"]),
    (
        "The 2025 Toyota RAV4 Hybrid AWD costs $19,999.",
        &["$19,999"],
    ),
    ("The RAV4 Hybrid costs **$35**,000.", &["$35**,000"]),
    ("The RAV4 Hybrid is yours for 35k.", &["35k"]),
    (
        "The RAV4 Hybrid costs your $35,000 and not a cent more.",
        &["$35,000"],
    ),
    ("The Telluride fits your $35,000 budget.", &["$35,000"]),
    ("The Telluride is under $35,000.", &["$35,000"]),
    ("The CR-V FWD costs about $27,000.", &["$27,000"]),
    ("The CR-V FWD costs $30,000.", &["$30,000"]),
    ("The Ioniq 5 has five safety stars.", &["five safety stars"]),
    ("The Highlander Hybrid has 4 of 5 stars.", &["4 of 5 stars"]),
    ("The RAV4 Hybrid seats seven.", &["seven"]),
    ("The CR-V AWD is a 7-seater.", &["7-seater"]),
    (
        "The Outback has 260 hp and 300 lb-ft of torque.",
        &["260 hp", "300 lb-ft"],
    ),
    (
        "The Ioniq 5 goes over 400 miles on a charge.",
        &["400 miles"],
    ),
    ("The Ioniq 5 charges in 18 minutes.", &["18 minutes"]),
    ("The RAV4 Hybrid tows 3,500 lb.", &["3,500 lb"]),
    (
        "The RAV4 Hybrid saves $900 a year over the Outback.",
        &["$900"],
    ),
    (
        "The RAV4 Hybrid gets 39 mpg, the CR-V AWD 41 mpg.",
        &["41 mpg"],
    ),
    (
        "41 mpg for the RAV4 Hybrid and 39 for the CR-V AWD.",
        &["39"],
    ),
    (
        "Both the RAV4 Hybrid and the CR-V AWD get 39 mpg.",
        &["39 mpg"],
    ),
    (
        "- **2025 Subaru Outback AWD**\n  - 35 mpg\n  - Price: $28,000",
        &["35 mpg", "$28,000"],
    ),
    (
        "| Car | MPG |\n|---|---|\n| 2025 Honda CR-V FWD | 45 |",
        &["45"],
    ),
    (
        "| | RAV4 Hybrid | Outback AWD |\n|---|---|---|\n| Price | $20,000 | $33,500 |",
        &["$20,000"],
    ),
    (
        "### 2025 Toyota Highlander Hybrid AWD\n\nIt costs only `$30,000`.",
        &["$30,000"],
    ),
    (
        "The [RAV4 Hybrid](https://example.com) is $&#50;0,000.",
        &["$&#50;0,000"],
    ),
    (
        "The RAV4 Hybrid costs $2\u{200b}0,000.",
        &["$2\u{200b}0,000"],
    ),
    ("The RAV4 Hybrid costs €20,000.", &["€20,000"]),
    (
        "The RAV4 Hybrid gets forty-five miles per gallon.",
        &["forty-five miles per gallon"],
    ),
    (
        "The Model Y costs you $300 a year in electricity.",
        &["$300"],
    ),
    (
        "It costs $12,345 and goes 999 miles.",
        &["$12,345", "999 miles"],
    ),
    ("Most of them cost under $9,000.", &["$9,000"]),
    ("The Prius PHEV emits 10 g/mi.", &["10 g/mi"]),
    (
        "The Telluride is 40% more economical than the RAV4 Hybrid.",
        &["40%"],
    ),
];

/// What the newest readings are about, true and not.
pub(super) const HONEST_TOO: &[&str] = &[
    "At 13,500 miles a year, 60% of them in the city, it adds up.",
    "Compared with the 2025 Honda CR-V FWD, the RAV4 Hybrid gets 39 mpg.",
    "The RAV4 Hybrid, unlike the CR-V FWD at 30 mpg, gets 39 mpg.",
    "The RAV4 Hybrid and the Telluride get 39 and 22 mpg.",
    "The Telluride seats eight people and has ★★★★★ from NHTSA.",
    "There is no 2025 Toyota Celica.",
    "I couldn't find a 2025 Honda Odyssey Hybrid.",
    "The 2024 Toyota Sienna Hybrid AWD is a minivan.",
    "The CR-V FWD, the Outback and the Telluride are priced. None of them costs more than $50,000, as far as prices are known.",
    "You need at least 5 seats.",
    "You could raise your budget to $40,000.",
];

pub(super) const LIES_TOO: &[(&str, &[&str])] = &[
    (
        "The RAV4 Hybrid goes 13,500 miles on a tank.",
        &["13,500 miles"],
    ),
    ("The RAV4 Hybrid uses 60% less fuel.", &["60%"]),
    ("The Outback costs $77 a year in fuel.", &["$77"]),
    (
        "The RAV4 Hybrid is a good one. You could have one for $12,000 today.",
        &["$12,000"],
    ),
    (
        "I like the RAV4 Hybrid. It costs only $9,999, right?",
        &["$9,999"],
    ),
    ("The RAV4 Hybrid and the Telluride get 39 mpg.", &["39 mpg"]),
    (
        "Compared with the 2025 Honda CR-V FWD, the RAV4 Hybrid costs $29,900.",
        &["$29,900"],
    ),
    (
        "The RAV4 Hybrid, unlike the CR-V FWD at 30 mpg, gets 30 mpg.",
        &["30 mpg"],
    ),
    (
        "The Ioniq 5 has 5 stars on NHTSA's five-star scale.",
        &["5 stars"],
    ),
    ("The Ioniq 5 is rated ★★★★★.", &["★★★★★"]),
    ("Safety of the Ioniq 5: ⭐⭐⭐⭐⭐", &["⭐⭐⭐⭐⭐"]),
    ("The RAV4 Hybrid gets 60+ mpg.", &["60+ mpg"]),
    ("The RAV4 Hybrid gets 60ish mpg.", &["60ish mpg"]),
    ("The RAV4 Hybrid gets 60 m.p.g. in all.", &["60 m.p.g"]),
    ("The RAV4 Hybrid costs USD28,500.", &["28,500"]),
    ("The RAV4 Hybrid costs 28,500$.", &["28,500$"]),
    ("The RAV4 Hybrid seats eight people.", &["eight people"]),
    (
        "The RAV4 Hybrid has room for eight people.",
        &["eight people"],
    ),
    ("The RAV4 Hybrid fits eight people.", &["eight people"]),
    (
        "There is no 2025 Toyota Celica that gets less.",
        &["2025 Toyota Celica"],
    ),
];

//! A second list of sentences, written without looking at what the first one needed.

/// True of what was returned, or of the catalogue where it wasn't.
pub const HONEST: &[&str] = &[
    "I'd start with the **2025 Toyota RAV4 Hybrid AWD** (39 mpg combined) since fuel economy matters to you.",
    "1. **2025 Honda CR-V FWD** – 30 mpg, $29,900 (estimate). Trade-off: no all-wheel drive.\n2. **2025 Subaru Outback AWD** – 28 mpg, $33,500 (estimate). Trade-off: costs $3,600 more.",
    "If you need eight seats, the 2025 Kia Telluride FWD is the one, but at $36,400 it's slightly above your limit.",
    "Fuel for the Outback runs about $1,600 per year according to the EPA.",
    "The Telluride drinks more: 22 mpg on average and $2,050 a year.",
    "Both the RAV4 Hybrid and the CR-V AWD seat five.",
    "Neither goes as far as the Ioniq 5, which is rated for 318 miles.",
    "The Model Y Long Range AWD isn't far behind at 311 miles.",
    "**Range:** the Ioniq 5 does 318 miles; the Model Y Long Range AWD 311.",
    "**2025 Hyundai Ioniq 5 RWD**\n\n- Range: 318 miles\n- Economy: 114 MPGe\n- Seats: 5\n- Safety: not rated",
    "With a plug-in like the 2025 Toyota Prius PHEV SE, you get 45 electric miles first, then 52 mpg on gasoline.",
    "The CR-V FWD makes 190 horsepower from its 1.5-liter turbo.",
    "Its NHTSA rating is 5 stars.",
    "The RAV4 Hybrid's CO2 is 224 g/mi, the Outback's 314.",
    "Compared with the Outback, the RAV4 Hybrid emits 90 g/mi less.",
    "Prices: CR-V FWD $29,900, Outback $33,500, Telluride $36,400.",
    "There are 14 models that fit; the five below are the most economical.",
    "The Highlander Hybrid costs around $48,000, well over $35,000.",
    "You'd save roughly $450 a year on fuel with the RAV4 Hybrid instead of the Outback.",
    "The RAV4 Hybrid gets over 35 mpg.",
    "The Outback comes in at just under $34,000.",
    "For $29,900 you get the CR-V FWD; for $36,400, the Telluride.",
    "Five years of fuel in the RAV4 Hybrid come to $5,750.",
    "A 2022 Toyota Camry or a 2021 Mazda CX-5 would be older alternatives.",
    "Electric cars such as the Chevrolet Bolt EUV and the Nissan Leaf are no longer on the list.",
    "The Ford Mustang Mach-E and the Volkswagen ID.4 are electric SUVs.",
    "Hyundai's 2025 Santa Fe and Kia's 2025 Sorento have three rows.",
    "Do you drive more than 12,000 miles a year, and would 5 seats be enough?",
    "I couldn't find the towing capacity of the RAV4 Hybrid; it's unknown.",
    "NHTSA rates on a five-star scale, and EPA assumes 15,000 miles a year with 55% city driving.",
    "The 2024 BMW X3, the 2025 Audi Q5 and the 2025 Volvo XC60 cost more.",
    "The Toyota has better mileage than the Subaru: 39 mpg against 28.",
    "Honda's CR-V AWD hybrid returns 40 mpg in town and 34 mpg on the highway.",
    "At 12,000 miles a year you're below EPA's 15,000 miles a year.",
    "The 2025 Toyota RAV4 Hybrid AWD has no price; the 2023 model was listed from $33,900; it gets 39 mpg.",
    "My pick? The 2025 Toyota RAV4 Hybrid AWD. It gets 39 mpg and seats five.",
];

/// With what must be marked in each.
pub const LIES: &[(&str, &[&str])] = &[
    (
        "I'd start with the 2025 Toyota RAV4 Hybrid AWD (52 mpg combined).",
        &["52 mpg"],
    ),
    (
        "Consider the 2025 Honda Skyline, a great SUV.",
        &["2025 Honda Skyline"],
    ),
    (
        "Also look at the Subaru Everest and the 2024 Mazda CX-70X.",
        &["Subaru Everest", "2024 Mazda CX-70X"],
    ),
    (
        "The 2026 Lunaris Aurora has room for everyone.",
        &["2026 Lunaris Aurora"],
    ),
    (
        "The 2025 Kia Telluride FWD has a towing capacity of 5,000 pounds.",
        &["5,000 pounds"],
    ),
    ("The Telluride has 291 horsepower.", &["291 horsepower"]),
    ("Fuel for the Outback runs about $900 per year.", &["$900"]),
    ("The Ioniq 5 is rated for 361 miles.", &["361 miles"]),
    (
        "**2025 Hyundai Ioniq 5 RWD**\n\n- Range: 361 miles\n- Safety: 5 stars",
        &["361 miles", "5 stars"],
    ),
    (
        "The Model Y does 0-60 mph in 4.8 seconds.",
        &["60 mph", "4.8 seconds"],
    ),
    (
        "The CR-V FWD costs $24,900, which is $10,100 under your $35,000 budget.",
        &["$24,900", "$10,100"],
    ),
    (
        "Its NHTSA rating is 3 stars, but the Telluride's is 4 stars.",
        &["3 stars", "4 stars"],
    ),
    ("The RAV4 Hybrid has a 14.5-gallon tank.", &["14.5-gallon"]),
    (
        "The Outback comes with a 5-year warranty and 75.6 cubic feet of cargo space.",
        &["5-year warranty", "75.6 cubic feet"],
    ),
    (
        "Prices: CR-V FWD $29,900, Outback $28,500, Telluride $36,400.",
        &["$28,500"],
    ),
    (
        "You'd save roughly $1,200 a year on fuel with the RAV4 Hybrid instead of the Outback.",
        &["$1,200"],
    ),
    ("The RAV4 Hybrid gets over 45 mpg.", &["45 mpg"]),
    ("The Highlander Hybrid is well under $35,000.", &["$35,000"]),
    ("The Telluride is cheaper than $30,000.", &["$30,000"]),
    (
        "All of them have five seats, even the Telluride.",
        &["five seats"],
    ),
    (
        "The RAV4 Hybrid and the Outback both get 39 mpg.",
        &["39 mpg"],
    ),
    (
        "The 2019 Tesla Model Y was the first.",
        &["2019 Tesla Model Y"],
    ),
    (
        "The 2025 Toyota RAV4 Electric needs no gas.",
        &["2025 Toyota RAV4 Electric"],
    ),
    (
        "Five years of fuel in the RAV4 Hybrid come to $3,000.",
        &["$3,000"],
    ),
    (
        "The 2025 Toyota RAV4 Hybrid AWD has no price; the 2023 model was listed from $23,900.",
        &["$23,900"],
    ),
    (
        "My pick? The 2025 Toyota RAV4 Hybrid AWD. It costs $31,500.",
        &["$31,500"],
    ),
    (
        "The Prius PHEV goes 90 miles on electricity.",
        &["90 miles"],
    ),
    (
        "The CR-V AWD emits just 120 grams of CO2 per mile.",
        &["120 grams of CO2"],
    ),
    ("The Outback has 1,000 hp.", &["1,000 hp"]),
    (
        "Price: $19,500. That's the 2025 Honda CR-V FWD.",
        &["$19,500"],
    ),
    ("The RAV4 Hybrid is priced at 28,500.", &["28,500"]),
    (
        "A used 2020 Honda Civic 4Dr sells for USD 9,000.",
        &["9,000"],
    ),
    ("The Ioniq 5 has a 77.4 kWh battery.", &["77.4 kWh"]),
];

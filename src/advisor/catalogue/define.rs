//! Says in a sentence what a word of cars means, when that is what was asked.

use crate::advisor::needs::explain;

/// Words, the longest names first, and what they mean.
#[rustfmt::skip]
const TERMS: &[(&[&str], &str)] = &[
    (&["plug in hybrid", "plug in hybrids", "phev", "phevs", "plugin hybrid", "plug in", "plugin"],
     "A plug-in hybrid runs some tens of miles on electricity from the socket, and on gasoline after that."),
    (&["hybrid", "hybrids", "hev"],
     "A hybrid has a gasoline engine and an electric motor; it charges itself while it drives and is never plugged in."),
    (&["electric", "electric car", "electric cars", "ev", "evs", "bev"],
     "An electric car has a battery and no engine: it is charged from a socket and uses no gasoline."),
    (&["mpge"], "MPGe is miles per 33.7 kWh of electricity, which is the energy of a gallon of gasoline."),
    (&["mpg"], "Mpg is miles per gallon: how far a car goes on a gallon of gasoline, in EPA's test."),
    (&["awd", "all wheel drive"], "All-wheel drive sends power to all four wheels by itself, which helps on snow, gravel and wet roads."),
    (&["4wd", "4x4", "four wheel drive"], "Four-wheel drive sends power to all four wheels, often when it is switched on, and is made for rough ground."),
    (&["fwd", "front wheel drive"], "Front-wheel drive sends power to the front wheels: the common kind, light and economical."),
    (&["rwd", "rear wheel drive"], "Rear-wheel drive sends power to the rear wheels, as in many sports cars and pickups."),
    (&["cvt", "cvts"], "A CVT is an automatic transmission without fixed gears: it changes its ratio smoothly."),
    (&["dual clutch", "dct"], "A dual-clutch transmission is an automatic with two clutches, which changes gears quickly."),
    (&["manual", "stick", "stick shift"], "With a manual transmission the driver changes gears, with a clutch pedal and a lever."),
    (&["automatic"], "An automatic transmission changes gears by itself."),
    (&["crossover", "crossovers", "suv", "suvs", "cuv"], "An SUV is a tall car with a tailgate; one that is built like a car rather than a truck is called a crossover."),
    (&["hatchback", "hatch"], "A hatchback is a short car whose rear door opens with the window in it."),
    (&["wagon", "estate"], "A wagon is a low car with a long roof and a tailgate."),
    (&["minivan"], "A minivan is a tall family car with three rows of seats, most often with sliding doors."),
    (&["flex fuel", "e85"], "A flex-fuel car runs on gasoline and on E85, which is mostly ethanol."),
    (&["hydrogen", "fuel cell"], "A hydrogen car makes its electricity on board, in a fuel cell; it can be filled in California only."),
    (&["diesel"], "A diesel burns diesel fuel: strong for towing, and economical on long roads."),
    (&["msrp"], "MSRP is the maker's suggested price of a new car, before options, fees and taxes."),
    (&["ncap", "safety stars", "stars", "star"], "The stars are NHTSA's rating of crash tests, from 1 to 5."),
    (&["horsepower", "hp"], "Horsepower is how strong the engine is at its best."),
];

/// What the text asks to be explained, each in a sentence.
pub fn explained(text: &str) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = Vec::new();
    for sentence in explain::explained(text) {
        let mut rest = format!(" {sentence} ");
        for (names, meaning) in TERMS {
            for name in *names {
                let spoken = format!(" {name} ");
                if rest.contains(&spoken) {
                    rest = rest.replace(&spoken, "  ");
                    if !found.contains(meaning) {
                        found.push(meaning);
                    }
                }
            }
        }
    }
    found
}

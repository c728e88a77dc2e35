-- How the person drives and what they pay; NULL where they leave it to the catalogue's default.
ALTER TABLE users ADD COLUMN miles_per_year INTEGER;
-- Of the miles, 0 to 100.
ALTER TABLE users ADD COLUMN city_percent INTEGER;
-- US dollars, each for the unit that it is sold by.
ALTER TABLE users ADD COLUMN regular_usd DOUBLE PRECISION;
ALTER TABLE users ADD COLUMN midgrade_usd DOUBLE PRECISION;
ALTER TABLE users ADD COLUMN premium_usd DOUBLE PRECISION;
ALTER TABLE users ADD COLUMN diesel_usd DOUBLE PRECISION;
ALTER TABLE users ADD COLUMN electricity_usd DOUBLE PRECISION;
ALTER TABLE users ADD COLUMN natural_gas_usd DOUBLE PRECISION;
ALTER TABLE users ADD COLUMN hydrogen_usd DOUBLE PRECISION;
-- What pages show mileage in; programs always get mpg.
ALTER TABLE users ADD COLUMN units TEXT NOT NULL DEFAULT 'mpg' CHECK (units IN ('mpg', 'l_per_100km'));
ALTER TABLE users ADD COLUMN theme TEXT NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark'));

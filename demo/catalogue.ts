/** What the demo's orders are made of; people and their houses are invented. */

/** With accents, an apostrophe and a hyphen on purpose: real names have them, and every partner must take them. */
export const FIRST_NAMES = [
  'Ada',
  'José',
  'Maya',
  'Liam',
  'Zoë',
  'Noah',
  'Priya',
  'Omar',
  'Grace',
  'Søren',
  'Mei',
  'Ivan',
]
export const LAST_NAMES = ['Fischer', "O'Connor", 'Nguyen', 'Garcia-Lopez', 'Müller', 'Smith', 'Okafor', 'Kim', 'Rossi']
export const STREETS = ['Sample Street', 'Example Avenue', 'Fiction Place', 'Invented Road', 'Mockingbird Lane']
export const NOTES = ['Gift: no invoice in the parcel', 'Customer asked for a call before delivery', 'Fragile']

export const TOWNS = [
  { city: 'New York', region: 'NY', postcode: '10013', lat: 40.7203, lon: -74.0052 },
  { city: 'New York', region: 'NY', postcode: '10003', lat: 40.7318, lon: -73.9893 },
  { city: 'Brooklyn', region: 'NY', postcode: '11201', lat: 40.6943, lon: -73.9903 },
  { city: 'Long Island City', region: 'NY', postcode: '11101', lat: 40.7447, lon: -73.9485 },
  { city: 'Jersey City', region: 'NJ', postcode: '07302', lat: 40.7195, lon: -74.0463 },
  { city: 'Hoboken', region: 'NJ', postcode: '07030', lat: 40.7453, lon: -74.0279 },
]

/** SKU, description, price in dollars. */
export const GOODS: readonly (readonly [string, string, string])[] = [
  ['COF-ETH-1000', 'Coffee beans, Ethiopia, 1 kg', '24.50'],
  ['FLT-V60-100', 'Paper filters, 100 pieces', '6.90'],
  ['MUG-STN-350', 'Stoneware mug, 350 ml', '14.00'],
  ['KTL-GSN-900', 'Gooseneck kettle, 0.9 l', '79.00'],
  ['GRN-HND-30', 'Hand grinder', '119.00'],
  ['TEA-DRJ-250', 'Darjeeling first flush, 250 g', '18.75'],
  ['SCL-DIG-2K', 'Digital scale, 2 kg', '39.95'],
  ['SYR-VAN-700', 'Vanilla syrup, 700 ml', '9.20'],
  ['CUP-ESP-6', 'Espresso cups, set of 6', '32.00'],
  ['MAT-TIN-40', 'Matcha, 40 g tin', '27.30'],
  ['CLN-TAB-30', 'Cleaning tablets, 30 pieces', '11.60'],
]

import { createHash } from 'node:crypto'

const VOWELS = 'aeiou'
const CONSONANTS = 'bcdfghjklmnprstvwz'
/** Digits at the beginning of a phone number that say the country and the network: kept, so that it still is one. */
const PHONE_PREFIX = 4
/** Trials to find an invention that is not what it stands for. */
const TRIALS = 8
/** Words of links that lead to nobody. */
const PATH_WORDS = new Set(
  (
    'api label labels printer normal_printer label_printer track tracking parcel parcels shipment shipments order orders ' +
    'document documents file files proof pod photo photos image images signature signatures download public pdf'
  ).split(' '),
)
const NOTES = [
  ...['Left with the neighbour', 'Handed over at the front desk', 'Placed behind the gate', 'Please ring twice'],
  ...['Leave it in the porch', 'The entrance is around the corner'],
]
const MESSAGES = [
  ...['Handed over as agreed', 'Nobody came to the door', 'Waiting for an answer', 'Another day was agreed'],
  ...['The address could not be found', 'Everything went as planned'],
]

/** As long, capitals where there were capitals, digits for digits; vowels for vowels, so that a name can be said aloud. */
export function inventedWord(word: string, salt: string): string {
  const isNumber = /^[1-9]\d*$/.test(word)
  return another(word, salt, (random) => {
    const made = [...word].map((one, index) => replaced(one, at(random, index) + index)).join('')
    return isNumber ? made.replace(/^0/, '7') : made
  })
}

/** A UUID of the same version and variant. */
export function inventedHex(uuid: string, salt: string): string {
  const digits = hash(uuid.toLowerCase(), salt).toString('hex')
  const made = [...uuid]
    .map((one, index) => (one === '-' || index === 14 || index === 19 ? one : digits[index]!))
    .join('')
  return uuid === uuid.toUpperCase() ? made.toUpperCase() : made
}

/** Digits after those that say the country. */
export function inventedPhone(text: string, salt: string): string {
  const digits = text.replace(/\D/g, '')
  return another(digits, salt, (random) => {
    let seen = 0
    return text.replace(/\d/g, (one) => (++seen <= PHONE_PREFIX ? one : String(at(random, seen) % 10)))
  })
}

/** A link of the same shape to nowhere: what it names, proves or unlocks is gone. */
export function inventedLink(link: string, salt: string): string {
  const [, path = '', query = ''] = /^https?:\/\/[^/?#]*([^?#]*)(\?[^#]*)?/i.exec(link) ?? []
  const ending = /\.[a-z]{2,4}$/.exec(path)?.[0] ?? ''
  const steps = path.slice(0, path.length - ending.length).replace(/[^/]+/g, (step) => {
    return PATH_WORDS.has(step.toLowerCase()) || /^v\d$/.test(step) ? step : inventedWord(step, salt)
  })
  const asked = query.replace(/=([^&]*)/g, (_all, value: string) => `=${inventedWord(value, salt)}`)
  return `https://example.com${steps}${ending}${asked}`
}

/** A coordinate stays in its degree, any other number keeps its count of digits and is what its text would be. */
export function inventedNumber(value: number, salt: string): number {
  const [whole = '0', decimals] = String(value).split('.')
  if (!Number.isFinite(value) || /e/i.test(String(value))) return value
  if (decimals !== undefined) return Number(`${whole}.${inventedWord(decimals, salt).replace(/0$/, '3')}`)
  const plain = whole.replace('-', '')
  return plain.length < 2 ? value : Math.sign(value) * Number(inventedWord(plain, salt))
}

export function inventedText(text: string, kind: 'note' | 'message', salt: string): string {
  const all = kind === 'note' ? NOTES : MESSAGES
  return all[at(hash(text.toLowerCase(), salt), 0) % all.length]!
}

function another(key: string, salt: string, make: (random: Buffer) => string): string {
  let made = key
  for (let trial = 0; trial < TRIALS && made.toLowerCase() === key.toLowerCase(); trial++)
    made = make(hash(key.toLowerCase(), `${salt}${trial}`))
  return made
}

function replaced(one: string, random: number): string {
  if (/\d/.test(one)) return String(random % 10)
  if (!/\p{L}/u.test(one)) return one
  const plain = one.normalize('NFD').charAt(0).toLowerCase()
  const pool = VOWELS.includes(plain) ? VOWELS : CONSONANTS
  const letter = pool[random % pool.length]!
  return one === one.toLowerCase() ? letter : letter.toUpperCase()
}

const at = (random: Buffer, index: number) => random[index % random.length]!

function hash(text: string, salt: string): Buffer {
  return createHash('sha256').update(salt).update('\u0000').update(text).digest()
}

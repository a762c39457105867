/* Which templates fit what somebody types, and in which order they stand. */
import { t } from '../text.mjs'

const ORDER = ['generic', 'courier', 'planner', 'telematics', 'erp', 'wms', 'crm', 'edi', 'accounting', 'geocoder', 'messaging']

/** Every word must be found somewhere: in the name, the kind, the style, what it can do, or a country by code or name. */
export function matches(entry, wanted) {
  const { label, template, kind, style, capabilities, summary = '' } = entry
  const told = [
    label,
    template,
    kind,
    t(`kind.${kind}`),
    style,
    summary,
    ...capabilities,
    ...countriesOf(entry).flatMap((code) => [code, countryName(code)]),
  ]
  const text = told.join(' ').toLowerCase()
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((piece) => text.includes(piece))
}

/** `[kind, entries]`, generic ones before all others. */
export function grouped(entries) {
  const kindOf = ({ generic, kind }) => (generic ? 'generic' : kind)
  const kinds = [...new Set(entries.map(kindOf))].sort((one, other) => ORDER.indexOf(one) - ORDER.indexOf(other))
  return kinds.map((kind) => [
    kind,
    entries.filter((entry) => kindOf(entry) === kind).sort((one, other) => one.label.localeCompare(other.label)),
  ])
}

export const countriesOf = ({ country }) => (country === undefined ? [] : [country].flat())

export function countryName(code) {
  try {
    return new Intl.DisplayNames(navigator.language, { type: 'region' }).of(code) ?? code
  } catch {
    return code
  }
}

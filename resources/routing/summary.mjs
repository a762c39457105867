/*
 * What stands in the cells of the table: a row's conditions and its couriers in a few words.
 */
import { t } from './text.mjs'

const UNITS = { weightKg: 'kg', parcelKg: 'kg', longestCm: 'cm', girthCm: 'cm', volumeL: 'l' }

const between = ({ min, max }, unit) =>
  min === undefined ? `≤ ${max} ${unit}` : max === undefined ? `≥ ${min} ${unit}` : `${min}–${max} ${unit}`
const short = (text, length = 60) => (text.length > length ? `${text.slice(0, length)}…` : text)

/** One text for each condition; none: any shipment. */
export function conditionTexts(when) {
  const texts = []
  const label = (name) => t(`column.${name}`)
  if (when.serviceLevels) texts.push(when.serviceLevels.map((level) => t(`level.${level}`)).join(', '))
  if (when.countries) texts.push(when.countries.join(', '))
  if (when.postcodes) texts.push(short(when.postcodes))
  if (when.area) texts.push(`${t('table.inside')} ${when.area}`)
  for (const [name, unit] of Object.entries(UNITS))
    if (when[name])
      texts.push(name === 'weightKg' ? between(when[name], unit) : `${label(name)} ${between(when[name], unit)}`)
  if (when.value) texts.push(`${label('value')} ${between(when.value, when.value.currency)}`)
  if (when.hazardous !== undefined) texts.push(t(when.hazardous ? 'table.hazardous' : 'table.harmless'))
  if (when.tags) texts.push(`#${when.tags.join(' #')}`)
  if (when.days) texts.push(when.days.map((day) => t(`day.${day}`)).join(', '))
  if (when.from || when.to) texts.push(`${when.from ?? '00:00'}–${when.to ?? '24:00'}`)
  if (when.expression) texts.push(short(when.expression))
  return texts
}

/** `Onfleet → EasyPost`, or with commas where another thing than the order decides. */
export function candidatesText({ candidates, strategy }, labelOf) {
  const names = candidates.map(({ partner }) => labelOf(partner) || '?')
  return names.join(strategy === 'preference' ? ' → ' : ', ') || t('table.nobody')
}

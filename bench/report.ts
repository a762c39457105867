import { FIGURE_NAMES, FIGURES, reaches, type Results } from './figures.ts'

/** The results as readable lines, in the order in which the figures are declared. */
export function table(results: Results): string {
  const rows = FIGURE_NAMES.flatMap((name) => {
    const measured = results[name]
    if (measured === undefined) return []
    const { goal, unit, better, words } = FIGURES[name]
    const { value, note } = measured
    const goalText = `${better === 'more' ? '≥' : '≤'} ${goal}`
    const verdict = value === null ? 'not measured' : reaches(name, value) ? 'reached' : 'missed'
    return [[name, value === null ? '-' : `${value} ${unit}`, goalText, verdict, `${words}: ${note}`]]
  })
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n')
}

/** The results as one JSON object. */
export function summaryOf(results: Results): object {
  const figures = FIGURE_NAMES.flatMap((name) => {
    const measured = results[name]
    if (measured === undefined) return []
    const { value, peer, note } = measured
    const { unit, goal } = FIGURES[name]
    return [[name, { value, unit, peer, goal, ...(value === null ? { reason: note } : {}) }] as const]
  })
  return { figures: Object.fromEntries(figures) }
}

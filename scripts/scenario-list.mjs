/**
 * The scenarios as a numbered list, process by process, each with its result.
 * @param scenarios `{ file, suite, test, sign }` in the order in which they ended
 */
export function scenarioLines(scenarios) {
  if (scenarios.length === 0) return []
  const files = [...new Set(scenarios.map(({ file }) => file))].sort()
  return [
    'scenarios:',
    ...files.flatMap((file) => {
      const own = scenarios.filter((scenario) => scenario.file === file)
      return [`  ${own[0].suite}`, ...own.map(({ sign, test }) => `    ${sign} ${test}`)]
    }),
  ]
}

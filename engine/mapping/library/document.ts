import { type FunctionDoc, functionCatalogue } from './index.ts'

/** The text of docs/mapping-functions.md: the catalogue, for people. */
export function functionsDocument(): string {
  const catalogue = functionCatalogue()
  const part = (from: 'cartage' | 'jsonata') => sections(catalogue.filter((doc) => doc.from === from))
  return `# Functions of mappings

What a mapping may call. The editor's completion shows the same texts, and every example here is run by the tests. This page
is generated from \`engine/mapping/library/\` (\`npm run types\`).

Nothing given gives nothing back, so that a field that is not there is left out of the result. What is ambiguous (a decimal
comma that nobody declared, a local time that comes twice, an amount with more decimals than its currency) is an error that
names the function and the field, never a guess.

${part('cartage')}

## The language's own

Functions that every JSONata has. \`$eval\` is not available: it would run what a partner sends.

${part('jsonata')}
`
}

function sections(docs: FunctionDoc[]): string {
  const groups = [...new Set(docs.map(({ group }) => group))]
  return groups
    .map(
      (group) =>
        `### ${capital(group)}\n\n${docs
          .filter((doc) => doc.group === group)
          .map(entry)
          .join('\n\n')}`,
    )
    .join('\n\n')
}

function entry({ signature, summary, examples }: FunctionDoc): string {
  const lines = examples.map(({ expression, result, error }) => {
    const shown =
      error === undefined ? (result === undefined ? 'nothing' : JSON.stringify(result)) : `error: … ${error} …`
    return `${expression}  →  ${shown}`
  })
  return `**\`${signature}\`** ${summary}\n\n\`\`\`\n${lines.join('\n')}\n\`\`\``
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

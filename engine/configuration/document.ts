import { VARIABLES, type Variable } from './variables.ts'

/** The text of docs/configuration.md: the table, for people. */
export function configurationDocument(): string {
  const rows = Object.values(VARIABLES as Record<string, Variable<unknown>>).map(
    (variable) =>
      `| \`${variable.name}\` | ${fallback(variable)} | ${cell(variable.kind.expects)} | ${cell(variable.doc)} |`,
  )
  return `# Configuration

Cartage is configured by environment variables. They are read and checked once, at the start: a wrong value stops the
start with one line that says what and how. This page is generated from \`engine/configuration/variables.ts\`
(\`npm run types\`).

| variable | default | what it takes | what it does |
| --- | --- | --- | --- |
${rows.join('\n')}

## Partners

Each partner reads its address, its parameters and its secrets from \`CARTAGE_<PARTNER>_<NAME>\`, in capitals with
underscores: the credential \`apiKey\` of the template \`acme-express\` is \`CARTAGE_ACME_EXPRESS_API_KEY\`, its base address
\`CARTAGE_ACME_EXPRESS_URL\`. The names are declared in the template's \`manifest.json\`. What is typed into the partner node
in the editor wins over the environment.

## Production

\`NODE_ENV=production\` refuses to start without \`CARTAGE_USERS\`, \`CARTAGE_CREDENTIAL_SECRET\`, \`CARTAGE_ENCRYPTION_KEY\` and
either \`CARTAGE_TLS_CERT\` with \`CARTAGE_TLS_KEY\` or \`CARTAGE_TRUSTED_PROXY\`. Outside production the hub listens on loopback
addresses only, and the secrets that nobody set are generated and kept in \`secrets.json\` of the data folder, readable by
its owner only.
`
}

function fallback(variable: Variable<unknown>): string {
  const shown = variable.fallback === null ? '' : `\`${variable.fallback}\``
  return variable.inProduction === undefined ? shown : `${shown}; in production \`${variable.inProduction}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

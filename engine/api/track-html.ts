import { createHash } from 'node:crypto'
import type { Language } from './track-words.ts'

const STYLE = `:root{color-scheme:light dark;--bg:#f4f5f7;--card:#fff;--ink:#17202a;--soft:#5b6673;--line:#dde2e8;--on:#0b6b4f;--bad:#b3261e;--fill:#eef1f4}
@media(prefers-color-scheme:dark){:root{--bg:#11161c;--card:#1a222b;--ink:#edf1f5;--soft:#a3afbc;--line:#33404d;--on:#4fd1a5;--bad:#ff8a80;--fill:#222c37}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:38rem;margin:0 auto;padding:1.5rem 1rem 3rem}section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem;margin-top:1rem}
.kicker{color:var(--soft);margin:0;font-size:.9rem;overflow-wrap:anywhere}h1{font-size:1.6rem;line-height:1.25;margin:.25rem 0 0}h2{font-size:1rem;margin:0 0 .75rem}.bad{color:var(--bad)}
.when{font-size:1.15rem;margin:.5rem 0 0}.when strong{font-weight:600}.said{border-left:.35rem solid var(--on)}.said.bad{border-color:var(--bad);color:inherit}
.steps{list-style:none;display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:.4rem;margin:0;padding:0}.steps li{border-top:.35rem solid var(--line);padding-top:.4rem;font-size:.8rem;line-height:1.3;color:var(--soft)}
.steps .done{border-color:var(--on);color:var(--ink)}.steps [aria-current]{font-weight:600}
dl{display:grid;grid-template-columns:auto 1fr;gap:.35rem 1rem;margin:0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.history{list-style:none;margin:0;padding:0}.history li{border-left:2px solid var(--line);padding:0 0 1rem 1rem;position:relative}.history li:last-child{padding-bottom:0;border-color:transparent}
.history li::before{content:"";position:absolute;left:-.4rem;top:.45rem;width:.7rem;height:.7rem;border-radius:50%;background:var(--line)}.history li:first-child::before{background:var(--on)}
time,.note{color:var(--soft);font-size:.875rem}.history time{display:block}a{color:var(--on)}p.note{margin:.75rem 0 0}section>p:first-child{margin:0}dd time,.when time{color:inherit;font-size:inherit}
svg{display:block;width:100%;height:auto;max-height:15rem;background:var(--fill);border-radius:.5rem}svg text{font:.7rem system-ui,sans-serif;fill:var(--soft)}.ring{fill:none;stroke:var(--line)}.way{stroke:var(--on);stroke-width:2;stroke-dasharray:4 4}.home{fill:var(--ink)}.van{fill:var(--on);stroke:var(--card);stroke-width:2}
details+details{margin-top:.75rem;border-top:1px solid var(--line);padding-top:.75rem}summary{cursor:pointer;font-weight:600;padding:.25rem 0}label{display:block;margin:.75rem 0 .25rem;color:var(--soft);font-size:.9rem}
select,input,button{font:inherit;color:inherit;width:100%;min-height:2.75rem;padding:.5rem .75rem;border:1px solid var(--soft);border-radius:.5rem;background:var(--card)}button{margin-top:.75rem;background:var(--on);border-color:var(--on);color:var(--card);font-weight:600;cursor:pointer}
@media(max-width:22rem){.steps li{font-size:.7rem}dl{grid-template-columns:1fr;gap:0}dd+dt{margin-top:.5rem}}:focus-visible{outline:3px solid var(--on);outline-offset:2px}`

/**
 * No script, and no request to anywhere but its own form: the one style is named by its hash, and the icon that browsers ask for on
 * their own is an empty one.
 */
export const PAGE_CSP = `default-src 'none'; img-src data:; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`

export function page(title: string, language: Language, body: string): string {
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><link rel="icon" href="data:,"><title>${html(title)}</title><style>${STYLE}</style></head>
<body><main>${body}</main></body></html>
`
}

/** What partners and people wrote, as text of a page. */
export function html(value: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return value.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

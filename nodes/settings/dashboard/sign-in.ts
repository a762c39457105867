import { randomBytes } from 'node:crypto'

/** What people read who are not logged in. */
const WORDS = {
  title: 'Dashboard',
  help: 'Log in as you do at the editor.',
  username: 'User name',
  password: 'Password',
  submit: 'Log in',
  refused:
    'That is no user name and password that go together, or there were too many tries. Wait a while and try again.',
  elsewhere: 'The login is not to be had here. Open the editor of this hub first.',
}

/**
 * Asks for a login, the editor's own: whoever is logged in there is let in at once. The editor says who it is, and with what it says the
 * session begins.
 */
export function signInPage(): { html: string; policy: string } {
  const nonce = randomBytes(16).toString('base64')
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${WORDS.title}</title>
<style nonce="${nonce}">
body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.5 system-ui,sans-serif;background:#f3f6f8;color:#1d2b36}
main{width:min(22rem,calc(100vw - 2rem));background:#fff;border-radius:12px;padding:2rem;box-shadow:0 1px 4px #1d2b3633}
h1{font-size:1.4rem;margin:0}label{display:block;margin-top:1rem}
input,button{box-sizing:border-box;width:100%;font:inherit;padding:.6rem;border-radius:8px;border:1px solid #9aa5ad}
button{margin-top:1.5rem;border:0;background:#1f6f8b;color:#fff;font-weight:600}p[role=alert]{color:#a02020}
</style></head>
<body><main><h1>${WORDS.title}</h1><p>${WORDS.help}</p>
<form><label>${WORDS.username}<input name="username" autocomplete="username" required></label>
<label>${WORDS.password}<input name="password" type="password" autocomplete="current-password" required></label>
<button>${WORDS.submit}</button><p role="alert" hidden></p></form></main>
<script nonce="${nonce}">
const words = ${JSON.stringify({ refused: WORDS.refused, elsewhere: WORDS.elsewhere })}
const editor = '/editor/'
const bearer = (token) => ({ authorization: 'Bearer ' + token })
async function enter(token) {
  const said = await fetch(editor + 'cartage/dashboard', { headers: bearer(token) })
  if (!said.ok) return false
  const { handover } = await said.json()
  const begun = await fetch('/dashboard/session', { method: 'POST', headers: bearer(handover) })
  if (begun.ok) location.reload()
  return begun.ok
}
function known() {
  const key = Object.keys(localStorage).find((name) => name.startsWith('auth-tokens'))
  try { return JSON.parse(localStorage.getItem(key)).access_token } catch { return undefined }
}
document.querySelector('form').addEventListener('submit', async (event) => {
  event.preventDefault()
  const { username, password } = Object.fromEntries(new FormData(event.target))
  const body = new URLSearchParams({ client_id: 'node-red-editor', grant_type: 'password', scope: '', username, password })
  const answer = await fetch(editor + 'auth/token', { method: 'POST', body }).catch(() => undefined)
  const token = answer?.ok ? (await answer.json()).access_token : undefined
  if (token && await enter(token)) return
  const alert = document.querySelector('[role=alert]')
  alert.textContent = answer && answer.status !== 404 ? words.refused : words.elsewhere
  alert.hidden = false
})
const token = known()
if (token) enter(token).catch(() => {})
</script></body></html>`
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'`
  return { html, policy }
}

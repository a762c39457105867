import { button, h } from '../../workbench/dom.mjs'
import { t } from '../text.mjs'

/** How far a test run is, what it is at, and a way out. */
export function progressBar({ cancel }) {
  const bar = h('progress', { value: 0, max: 1 })
  const said = h('p', { role: 'status' }, t('trial.starting'))
  const stop = button({ icon: 'stop', text: t('trial.cancel'), onclick: halt })

  function halt() {
    stop.disabled = true
    cancel()
  }
  return {
    element: h('div', { class: 'cartage-progress' }, said, bar, stop),
    show({ done, total, step = '' }) {
      bar.max = Math.max(1, total)
      bar.value = done
      said.textContent = t('trial.at', { done, total, step })
    },
  }
}

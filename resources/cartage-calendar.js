/*
 * What the forms of `business calendar` and `sla timer` share: checks of hours and days off, the units of a time, and the
 * preview, for which the hub is asked: there is one implementation of business time. Texts live in the catalogue of
 * `business-calendar`.
 */
;(() => {
  if (window.CartageCalendar) return

  const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
  const UNITS = ['minutes', 'hours', 'days', 'end-of-day']
  const text = (key, values) => {
    const definition = RED.nodes.getType('business-calendar')
    return definition?._ ? definition._(`business-calendar.${key}`, values) : key
  }

  // ---- checks: true, or the reason as a text ---------------------------------------------------------------------

  const TIME = '([01]\\d|2[0-3]):[0-5]\\d'
  const HOURS = new RegExp(`^${TIME}\\s*-\\s*(${TIME}|24:00)(\\s*,\\s*${TIME}\\s*-\\s*(${TIME}|24:00))*$`)
  const HOLIDAY = /^(\d{4}-\d\d-\d\d(\/\d{4}-\d\d-\d\d)?|\d\d-\d\d)(\s|$)/

  const isZone = (zone) => {
    try {
      return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }))
    } catch {
      return false
    }
  }
  // The declared second parameter makes the editor show the returned text (it looks at the function's length).
  const check = (test) =>
    function validate(value, _options) {
      return test(String(value ?? '').trim())
    }
  const checks = {
    zone: check((said) => isZone(said) || text('check.zone', { zone: said })),
    hours: check((said) => said === '' || HOURS.test(said) || text('check.hours')),
    cutOff: check((said) => said === '' || new RegExp(`^${TIME}$`).test(said) || text('check.cutOff')),
    holidays: check((said) => {
      const wrong = said.split('\n').find((line) => line.trim() !== '' && !HOLIDAY.test(line.trim()))
      return wrong === undefined || text('check.holidays', { line: wrong.trim() })
    })
  }

  // ---- form parts ------------------------------------------------------------------------------------------------

  function suggestZones(input) {
    const id = `${input.attr('id')}-offers`
    const list = $('<datalist>', { id })
    for (const zone of ['UTC', ...(Intl.supportedValuesOf?.('timeZone') ?? [])]) $('<option>').val(zone).appendTo(list)
    input.attr('list', id).attr('autocomplete', 'off').after(list)
  }

  /** The units of a time, as they are called with a calendar or without one. */
  function units(select, plain = false) {
    const value = select.val()
    select.empty()
    for (const unit of UNITS)
      if (!plain || unit !== 'end-of-day') $('<option>').val(unit).text(text(plain ? `unit.plain.${unit}` : `unit.${unit}`)).appendTo(select)
    return value ? select.val(value) : select
  }

  /** The saved or edited plan of a deployed or not yet deployed calendar node. */
  const planOf = (id) => {
    const node = RED.nodes.node(id)
    if (!node) return undefined
    const { zone, holidays, cutOff } = node
    return { zone, holidays, cutOff, hours: Object.fromEntries(DAYS.map((day) => [day, node[day]])) }
  }

  const when = (time, zone) =>
    new Intl.DateTimeFormat(navigator.language, {
      timeZone: zone, weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit'
    }).format(time)

  /** Keeps `note` saying when what `asked()` describes would be due; undefined when there is nothing to ask. */
  function preview(note, asked) {
    let turn = 0
    let waiting
    const say = (said, wrong = false) => note.text(said).css('color', wrong ? 'var(--red-ui-text-color-error)' : '')
    const ask = () => {
      const question = asked()
      turn += 1
      const mine = turn
      if (!question) return say('')
      $.ajax({ url: 'cartage/calendar/preview', type: 'POST', contentType: 'application/json', data: JSON.stringify(question) }).then(
        ({ countsFrom, warnAt, dueAt, startedAt }) => {
          if (mine !== turn) return
          const zone = question.calendar?.zone
          const values = { from: when(countsFrom, zone), warning: when(warnAt, zone), due: when(dueAt, zone) }
          say(text(countsFrom > startedAt ? 'preview.dueLater' : 'preview.due', values))
        },
        (failed) => {
          if (mine === turn) say(failed.responseJSON?.message ?? text('preview.unknown'), true)
        }
      )
    }
    const soon = () => {
      clearTimeout(waiting)
      waiting = setTimeout(ask, 200)
    }
    note.closest('.cartage-form').on('input change', 'input, select, textarea', soon)
    ask()
    return soon
  }

  $('<style>')
    .text(`
      .cartage-hours { width: 100%; }
      .cartage-hours th { width: 170px; font-weight: normal; text-align: left; }
      .cartage-hours th label { margin: 0; }
      .cartage-hours input { width: calc(100% - 14px) !important; margin: 1px 0; box-sizing: border-box; }
    `)
    .appendTo('head')

  window.CartageCalendar = { DAYS, checks, planOf, preview, suggestZones, units }
})()

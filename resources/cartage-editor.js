/*
 * What the edit forms of the palette share: the hub's lists (partners, channels, operations), selects that fall back to
 * a text field when the hub cannot be asked, typed fields and validators.
 *
 * Every node's html loads this file, so that each of them also works alone; the guard keeps one instance. Texts live in
 * the `partner` catalogue under `shared`, addressed through the registered type: the module name differs between the
 * hub and the packed palette.
 */
;(() => {
  if (window.CartageEditor) return

  const text = (key, values) => {
    const definition = RED.nodes.getType('partner')
    return definition?._ ? definition._(`partner.shared.${key}`, values) : key
  }

  // ---- the hub's lists -------------------------------------------------------------------------------------------

  /** Answers are shared for a moment, so that one dialog asks once; a failure is never remembered. */
  const asked = new Map()
  function ask(url, request = () => $.getJSON(url)) {
    if (!asked.has(url)) {
      const answer = Promise.resolve(request())
      asked.set(url, answer)
      answer.then(
        () => setTimeout(() => asked.delete(url), 5000),
        () => asked.delete(url)
      )
    }
    return asked.get(url)
  }

  let known = []
  const partners = () =>
    ask('cartage/partners').then((list) => {
      known = list
      return list
    })
  const channels = () => ask('cartage/channels')
  const entities = () => ask('cartage/entities')
  const operations = () => ask('cartage/operations')
  const mappingSource = (slug, file) => {
    const url = `cartage/partners/${encodeURIComponent(slug)}/mapping/${encodeURIComponent(file)}`
    return ask(url, () => $.ajax({ url, dataType: 'text' }))
  }

  const nameOf = (item) => (typeof item === 'string' ? item : item.name)
  const fileOf = (item) => nameOf(item).replace(/^map\//, '')
  const profile = (slug) => known.find((candidate) => candidate.slug === slug)
  const titled = (slug) => slug.replace(/(^|-)(\w)/g, (_, dash, letter) => (dash ? ' ' : '') + letter.toUpperCase())

  /** `releaseOrder` → `release order` */
  const words = (name) => name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/-/g, ' ').toLowerCase()

  /** Template slug of a partner config node, '' when none is chosen. */
  const slugOf = (configId) => RED.nodes.node(configId)?.template ?? ''
  const partnerName = (configId) => {
    const node = RED.nodes.node(configId)
    if (!node) return ''
    return node.name || labelOfSlug(node.template)
  }
  const labelOfSlug = (slug) => (slug ? (profile(slug)?.label ?? titled(slug)) : '')

  // Labels on the canvas show partners by name: they are drawn again once the names are known.
  Promise.resolve()
    .then(partners)
    .then(() => {
      RED.nodes.eachNode((node) => {
        if ('partner' in (node._def?.defaults ?? {})) node.dirty = true
      })
      RED.view.redraw?.(true)
    })
    .catch(() => {})

  // ---- form parts ------------------------------------------------------------------------------------------------

  /** A select over `load()`'s choices in front of a text input; the input stays, alone, when the hub does not answer. */
  function choose(selector, load, { blank } = {}) {
    const input = $(selector)
    const id = `${input.attr('id')}-choice`
    const style = input.attr('style') // before the input is hidden, which would be copied with it
    const show = (choices) => {
      $(`#${id}`).remove()
      const select = $('<select>', { id, style })
      if (blank !== undefined) $('<option>').val('').text(blank).appendTo(select)
      const add = (parent, { value, label }) => $('<option>').val(value).text(label).appendTo(parent)
      const groups = [...new Set(choices.map((choice) => choice.group))]
      for (const group of groups) {
        const parent = group ? $('<optgroup>', { label: group }).appendTo(select) : select
        for (const choice of choices) if (choice.group === group) add(parent, choice)
      }
      const value = input.val()
      const offered = choices.some((choice) => choice.value === value)
      if (value && !offered) add(select, { value, label: text('notOffered', { value }) })
      if (!value && blank === undefined) select.prepend($('<option>').val('').text(text('choose')))
      select.val(value).on('change', () => input.val(select.val()).trigger('change'))
      // The editor marks the hidden input when it is invalid: show that on the select.
      new MutationObserver(() => select.toggleClass('input-error', input.hasClass('input-error'))).observe(input[0], {
        attributes: true,
        attributeFilter: ['class']
      })
      select.toggleClass('input-error', input.hasClass('input-error'))
      $(`label[for="${input.attr('id')}"]`).attr('for', id)
      input.hide().after(select)
    }
    const fallBack = () => {
      $(`#${id}`).remove()
      $(`label[for="${id}"]`).attr('for', input.attr('id'))
      input.show()
    }
    const refresh = () => Promise.resolve().then(load).then(show, fallBack)
    refresh()
    return refresh
  }

  /** A text input that offers the hub's list and takes anything. */
  function suggest(selector, load) {
    const input = $(selector)
    const id = `${input.attr('id')}-offers`
    const show = (choices) => {
      $(`#${id}`).remove()
      const list = $('<datalist>', { id })
      for (const { value, label } of choices) {
        const option = $('<option>').val(value).appendTo(list)
        if (label !== value) option.text(label)
      }
      input.attr('list', id).attr('autocomplete', 'off').after(list)
    }
    const refresh = () => Promise.resolve().then(load).then(show, () => {})
    refresh()
    return refresh
  }

  const channelChoices = () =>
    channels().then((list) =>
      list.map((entry) => {
        const subscriptions = Array.isArray(entry.subscriptions) ? entry.subscriptions.length : entry.subscriptions
        return { value: entry.channel, label: text('channel', { channel: entry.channel, n: subscriptions ?? 0 }) }
      })
    )

  const partnerChoices = (kinds) =>
    partners().then((list) =>
      list
        .filter((partner) => !kinds || kinds.includes(partner.kind))
        .map((partner) => ({ value: partner.slug, label: partner.label, group: text(`kind.${partner.kind}`) }))
        .sort((a, b) => a.group.localeCompare(b.group) || a.label.localeCompare(b.label))
    )

  /** Operations of one partner's template, or of all templates when the partner comes with the message. */
  const operationChoices = (slug, kinds) =>
    partners().then((list) => {
      const offered = list.filter((partner) => (slug ? partner.slug === slug : !kinds || kinds.includes(partner.kind)))
      const names = [...new Set(offered.flatMap((partner) => (partner.operations ?? []).map(nameOf)))].sort()
      return names.map((name) => ({ value: name, label: name }))
    })

  /** Mapping files of one partner's template, or those that any template has. */
  const mappingChoices = (slug) =>
    partners().then((list) => {
      const offered = list.filter((partner) => !slug || partner.slug === slug)
      const files = [...new Set(offered.flatMap((partner) => (partner.mappings ?? []).map(fileOf)))].sort()
      return files.map((file) => ({ value: file, label: file }))
    })

  /** The kinds of files that a partner's template declares, `in` or `out`. */
  const fileChoices = (slug, direction) =>
    partners().then((list) => {
      const declared = list.filter((partner) => !slug || partner.slug === slug)
      const names = [...new Set(declared.flatMap((partner) => partner.files?.[direction] ?? []))].sort()
      return names.map((name) => ({ value: name, label: name }))
    })

  // ---- typed fields ----------------------------------------------------------------------------------------------

  const autoType = (label) => ({ value: 'auto', label, hasValue: false })

  /** JSONata that may stay empty, with the expression editor behind its button. */
  const expressionType = (options = {}) => ({
    value: 'jsonata',
    label: text('expression'),
    icon: 'red/images/typedInput/expr.svg',
    validate: (value) => value === '' || RED.utils.validateTypedProperty(value, 'jsonata', {}),
    expand() {
      RED.editor.editExpression({
        value: this.value().replace(/\t/g, '\n'),
        focus: true,
        complete: (value) => this.value(value.replace(/\n/g, '\t'))
      })
    },
    ...options
  })

  const channelType = () => ({
    value: 'str',
    label: text('channelType'),
    icon: 'red/images/typedInput/az.svg',
    autoComplete: (said, done) => {
      const fits = ({ value }) => value.toLowerCase().includes(said.toLowerCase())
      channelChoices().then(
        (choices) => done(choices.filter(fits)),
        () => done([])
      )
    }
  })

  function typed(field, types) {
    $(`#node-input-${field}`).typedInput({
      types,
      default: types[0].value ?? types[0],
      typeField: `#node-input-${field}Type`
    })
  }

  const expression = (selector) => $(selector).typedInput({ types: [expressionType()] })

  // ---- validators: true, or the reason as a text -----------------------------------------------------------------

  const fromEnvironment = (value) => /^\$\{[A-Za-z_]\w*\}$/.test(value)

  /** The label of the field that a validator stands for, found by the definition: one check serves many fields. */
  function labelOfField(node, check) {
    const field = Object.entries(node._def?.defaults ?? {}).find(([, definition]) => definition.validate === check)?.[0]
    return field && node._ ? `${node._(`${node.type}.label.${field}`)}: ` : ''
  }

  function validator(test) {
    // The declared second parameter makes the editor show the returned text (it looks at the function's length).
    return function check(value, _options) {
      const said = String(value ?? '').trim()
      const verdict = fromEnvironment(said) || test.call(this, said, value)
      return typeof verdict === 'string' ? labelOfField(this, check) + verdict : verdict
    }
  }

  const zoneExists = (zone) => {
    try {
      return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }))
    } catch {
      return false
    }
  }

  const window_ = /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s+)?(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)\s+(\S+)$/

  const jsonataProblem = (source) => {
    try {
      window.jsonata(source)
      return undefined
    } catch (error) {
      return text('check.expression', { error: error.message })
    }
  }

  const check = {
    filled: validator((said) => said !== '' || text('check.filled')),
    number: ({ min, max, blank = false, whole = true }) =>
      validator((said) => {
        if (said === '') return blank || text('check.number', { min, max })
        const value = Number(said)
        const fits = Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value))
        return fits || text(whole ? 'check.number' : 'check.decimal', { min, max })
      }),
    path: validator((said) => said === '' || /^\/[A-Za-z0-9._~/-]*[A-Za-z0-9_~-]$/.test(said) || text('check.path')),
    url: validator((said) => {
      if (said === '' || /\$\{\w+\}/.test(said)) return true
      return /^https?:\/\/[^\s/]+(\/\S*)?$/.test(said) || text('check.url')
    }),
    object: validator((said) => {
      try {
        const value = JSON.parse(said || '{}')
        return (typeof value === 'object' && value !== null && !Array.isArray(value)) || text('check.object')
      } catch (error) {
        return text('check.json', { error: error.message })
      }
    }),
    expression: validator((said) => said === '' || (jsonataProblem(said) ?? true)),
    channel: validator((said) => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(said) || text('check.channel')),
    topics: validator((said) => {
      const wrong = said.split(',').map((topic) => topic.trim())
        .find((topic) => !/^([^+#\s/]*|\+)(\/([^+#\s/]*|\+))*(\/#)?$|^#$/.test(topic))
      return said === '' || wrong === undefined || text('check.topic', { topic: wrong })
    }),
    mediaTypes: validator((said) => /^[a-z]+\/[a-z0-9.+*-]+(\s*,\s*[a-z]+\/[a-z0-9.+*-]+)*$/.test(said) || text('check.types')),
    windows: validator((said) => {
      if (said === '') return true
      const parts = said.split(';').map((part) => part.trim()).filter(Boolean)
      const wrong = parts.find((part) => !zoneExists(window_.exec(part)?.[1] ?? 'nowhere/at-all'))
      return wrong === undefined || text('check.window', { window: wrong })
    }),
    mapping: validator(function (said) {
      const open = $('#node-input-mappingType')
      const type = open.length && open.data('node') === this.id ? open.val() : this.mappingType
      if (type === 'jsonata') return said === '' ? text('check.mapping') : (jsonataProblem(said) ?? true)
      return /^[\w.-]+$/.test(said) || text('check.file')
    })
  }

  // ---- looks -----------------------------------------------------------------------------------------------------

  $('<style>')
    .text(`
      .cartage-form .form-row > label { width: 170px; vertical-align: middle; }
      .cartage-form .form-row > label > i { width: 16px; text-align: center; }
      .cartage-form .cartage-heading { margin: 18px 0 8px; padding-bottom: 3px; font-weight: 600;
        border-bottom: 1px solid var(--red-ui-secondary-border-color); }
      .cartage-form .cartage-number { width: 100px !important; }
      .cartage-form .cartage-unit { margin-left: 6px; color: var(--red-ui-secondary-text-color); }
      .cartage-form .cartage-note { max-width: 480px; margin: -6px 0 12px 174px; font-size: 12px; line-height: 1.4;
        color: var(--red-ui-secondary-text-color); }
      .cartage-form .cartage-check { margin-left: 174px; }
      .cartage-form .cartage-check > label { width: auto; }
      .cartage-form .cartage-check input { width: auto; margin: 0 6px 2px 0; vertical-align: middle; }
      .cartage-form .form-tips { max-width: none; }
      .cartage-form code { color: inherit; background: var(--red-ui-secondary-background); border-color: var(--red-ui-secondary-border-color); }
    `)
    .appendTo('head')

  window.CartageEditor = {
    text, partners, channels, entities, operations, mappingSource, profile, words, slugOf, partnerName, labelOfSlug,
    choose, suggest, channelChoices, partnerChoices, operationChoices, mappingChoices, fileChoices,
    autoType, expressionType, channelType, typed, expression, check
  }
})()

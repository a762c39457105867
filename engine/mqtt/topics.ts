const MAX_BYTES = 512
const MAX_LEVELS = 16

/** Whether an MQTT topic filter takes a topic (MQTT 3.1.1, section 4.7; `+` and `#` never take a first level with $). */
export function matches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') !== filter.startsWith('$')) return false
  const wanted = filter.split('/')
  const levels = topic.split('/')
  for (const [index, part] of wanted.entries()) {
    if (part === '#') return true
    const level = levels[index]
    if (level === undefined || (part !== '+' && part !== level)) return false
  }
  return wanted.length === levels.length
}

/** Whether everything that `wanted` could take is taken by `filter` too: what an access rule asks of a subscription. */
export function covers(filter: string, wanted: string): boolean {
  const rule = filter.split('/')
  const asked = wanted.split('/')
  for (const [index, part] of rule.entries()) {
    if (part === '#') return true
    const level = asked[index]
    if (level === undefined || level === '#') return false
    if (part === '+' ? level === '' : part !== level) return false
  }
  return rule.length === asked.length
}

/** Why nobody may publish to this topic, or undefined. What aedes itself refuses is not repeated here. */
export function problemOfTopic(topic: string): string | undefined {
  if (topic === '') return 'empty topic'
  if (topic.startsWith('$')) return 'topic is reserved for the broker'
  if (Buffer.byteLength(topic) > MAX_BYTES) return `topic is longer than ${MAX_BYTES} bytes`
  if (topic.split('/').length > MAX_LEVELS) return `topic has more than ${MAX_LEVELS} levels`
  // U+FFFD is what the decoder makes of invalid UTF-8
  if (/[\p{Cc}+#\uFFFD]/u.test(topic)) return 'topic holds a character that is not allowed'
  return undefined
}

-- May a call to a destination go now? Of many who ask when an open breaker may be tried, one is told yes.
-- KEYS[1] the breaker. ARGV now, milliseconds to keep it.
-- Returns go (1 or 0), state, failures in a row, open until.
local now = tonumber(ARGV[1])
local kept = redis.call('HMGET', KEYS[1], 'state', 'failures', 'until', 'span')
local state, failures, till = kept[1] or 'closed', tonumber(kept[2] or 0), tonumber(kept[3] or 0)
if state == 'closed' then return { 1, state, failures, till } end
if now < till then return { 0, state, failures, till } end
-- A trial whose caller died never reports; after the same span the next one may try.
till = now + tonumber(kept[4] or 0)
redis.call('HSET', KEYS[1], 'state', 'half-open', 'until', string.format('%.17g', till))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return { 1, 'half-open', failures, till }

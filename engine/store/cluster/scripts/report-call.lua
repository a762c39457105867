-- What became of an admitted call.
-- KEYS[1] the breaker. ARGV now, ok (1 or 0), failures in a row that open it, milliseconds that it stays open, milliseconds to keep it.
-- Returns state, failures in a row, open until.
local now, ok, most, span = tonumber(ARGV[1]), ARGV[2] == '1', tonumber(ARGV[3]), tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'state', 'failures', 'until')
local state, failures, till = kept[1] or 'closed', tonumber(kept[2] or 0), tonumber(kept[3] or 0)
-- A late success of a call from before the opening proves nothing: only the trial closes.
if ok and state ~= 'open' then
  redis.call('DEL', KEYS[1])
  return { 'closed', 0, 0 }
end
if not ok then
  failures = failures + 1
  if state == 'half-open' or (state == 'closed' and failures >= most) then
    state, till = 'open', now + span
  end
end
redis.call('HSET', KEYS[1], 'state', state, 'failures', failures, 'until', string.format('%.17g', till), 'span', span)
redis.call('PEXPIRE', KEYS[1], math.ceil(span) + tonumber(ARGV[5]))
return { state, failures, till }

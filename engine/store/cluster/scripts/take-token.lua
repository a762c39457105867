-- Take one token of a bucket.
-- KEYS[1] the bucket. ARGV now, milliseconds between two tokens, milliseconds that a full bucket lasts, milliseconds to keep it.
-- Returns 0 = go, or the milliseconds to wait; then nothing was taken.
-- `arrival` is the theoretical arrival time of the generic cell rate algorithm: the bucket is full again when it has passed.
local now, interval, full, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'arrival', 'held')
local held = tonumber(kept[2] or 0)
-- A clock set back must not make anybody wait longer than an empty bucket would.
local arrival = math.min(math.max(tonumber(kept[1] or 0), now), now + full)
local wait = math.ceil(math.max(arrival + interval - full, held) - now)
if wait > 0 then return wait end
redis.call('HSET', KEYS[1], 'arrival', string.format('%.17g', arrival + interval))
redis.call('PEXPIRE', KEYS[1], math.ceil(full + keep))
return 0

-- Nobody takes a token of a bucket before a time; the latest time told counts.
-- KEYS[1] the bucket. ARGV the time, now, milliseconds to keep it beyond that. Returns nothing.
local till = tonumber(ARGV[1])
local held = math.max(tonumber(redis.call('HGET', KEYS[1], 'held') or 0), till)
redis.call('HSET', KEYS[1], 'held', string.format('%.17g', held))
redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(held - tonumber(ARGV[2]), 0) + tonumber(ARGV[3])))

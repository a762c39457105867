import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { covers, matches, problemOfTopic } from '../../../engine/mqtt/topics.ts'

describe('MQTT topics', () => {
  const taken: Array<[string, string, boolean]> = [
    ['fleet/+/position', 'fleet/van-7/position', true],
    ['fleet/+/position', 'fleet/van-7/event', false],
    ['fleet/+/position', 'fleet/van-7/position/x', false],
    ['fleet/#', 'fleet', true],
    ['fleet/#', 'fleet/a/b/c', true],
    ['#', 'fleet/a', true],
    ['#', '$SYS/clients', false],
    ['+/clients', '$SYS/clients', false],
    ['fleet/+', 'fleet/', true],
    ['fleet/+', 'fleet', false],
  ]
  for (const [filter, topic, expected] of taken) {
    it(`${filter} ${expected ? 'takes' : 'does not take'} ${topic}`, () =>
      assert.equal(matches(filter, topic), expected))
  }

  const covered: Array<[string, string, boolean]> = [
    ['fleet/van-7/#', 'fleet/van-7/cmd', true],
    ['fleet/van-7/#', 'fleet/van-7/#', true],
    ['fleet/van-7/#', 'fleet/+/cmd', false],
    ['fleet/van-7/#', '#', false],
    ['fleet/van-7/#', 'fleet/#', false],
    ['owntracks/anna/+', 'owntracks/anna/phone', true],
    ['owntracks/anna/+', 'owntracks/anna/#', false],
    ['owntracks/anna/+', 'owntracks/anna/phone/cmd', false],
    ['fleet/van-7/#', '$share/g/fleet/van-7/#', false],
  ]
  for (const [rule, asked, expected] of covered) {
    it(`the rule ${rule} ${expected ? 'allows' : 'does not allow'} a subscription to ${asked}`, () =>
      assert.equal(covers(rule, asked), expected))
  }

  const bad = ['', '$SYS/x', 'a/+/b', 'a/#', 'a\u0000b', 'a\ufffdb', 'x'.repeat(513), Array(101).fill('a').join('/')]
  for (const topic of bad) {
    it(`refuses to publish to ${JSON.stringify(topic.slice(0, 20))}`, () => assert.ok(problemOfTopic(topic)))
  }
  it('takes an ordinary topic', () => assert.equal(problemOfTopic('owntracks/anna/téléphone'), undefined))
})

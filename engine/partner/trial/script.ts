import { accountChecks } from './checks/account.ts'
import { callChecks } from './checks/calls.ts'
import type { CheckSpec } from './checks/check.ts'
import { codeChecks } from './checks/codes.ts'
import { handshakeChecks } from './checks/handshake.ts'
import { loginChecks } from './checks/login.ts'
import { mappingChecks } from './checks/mappings.ts'
import { paceChecks } from './checks/pace.ts'
import { pollingChecks } from './checks/polling.ts'
import { SAMPLES, samplesVerdict } from './checks/samples.ts'
import { setupChecks } from './checks/setup.ts'
import { silenceChecks } from './checks/silence.ts'
import { storyChecks } from './checks/story.ts'
import { trustChecks } from './checks/trust.ts'
import { untouchedChecks } from './checks/untouched.ts'
import { webhookChecks } from './checks/webhooks.ts'
import { writeChecks } from './checks/writes.ts'
import type { TrialOptions } from './run.ts'

/** All that a partner is tried by, in the order in which it is done. */
export function scriptFor({ profile, account, target, brought }: TrialOptions): CheckSpec[] {
  if (target === 'account') return accountChecks(profile, account)
  return [
    { ...SAMPLES, run: ({ samples }) => samplesVerdict(samples) },
    ...setupChecks(profile, account),
    ...untouchedChecks(brought),
    ...mappingChecks(profile),
    ...loginChecks(profile, account),
    ...callChecks(profile),
    ...writeChecks(profile),
    ...trustChecks(profile),
    ...webhookChecks(profile),
    ...handshakeChecks(profile),
    ...codeChecks(profile),
    ...storyChecks(profile),
    ...pollingChecks(profile),
    ...silenceChecks(profile),
    ...paceChecks(profile),
  ]
}

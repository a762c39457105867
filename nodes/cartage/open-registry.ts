import type { Config } from '../../engine/config.ts'
import type { Evaluator } from '../../engine/mapping/evaluate.ts'
import { TemplateDesk } from '../../engine/partner/desk/desk.ts'
import { PartnerPulse } from '../../engine/partner/health.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import { versionOf } from '../../engine/partner/registry/files.ts'
import { OwnPartners } from '../../engine/partner/registry/own-partners.ts'
import { PartnerStatuses } from '../../engine/partner/registry/status.ts'
import { proofOf } from '../../engine/partner/registry/trial-proof.ts'
import { Upgrades } from '../../engine/partner/registry/upgrades.ts'
import type { Clock, Store } from '../../engine/store/ports.ts'

export interface RegistryOptions {
  config: Pick<Config, 'partnersDir' | 'worker'>
  store: Store
  clock: Clock
  profiles: Map<string, Profile>
  evaluator: Evaluator
  warn: (line: string) => void
}

/** Which partners there are, what people have changed of them, how far each has come and how it does. */
export interface Registry {
  own: OwnPartners
  desk: TemplateDesk
  statuses: PartnerStatuses
  pulse: PartnerPulse
  upgrades: Upgrades
  stop(): Promise<void>
}

/** Resolves when everything that was ever said of partners holds: before the first message is mapped. */
export async function openRegistry(options: RegistryOptions): Promise<Registry> {
  const { config, store, clock, profiles, evaluator, warn } = options
  const common = { documents: store.documents, audit: store.audit, motor: store.motor, clock, profiles, warn }
  const complain = (error: unknown) => warn(`partners: ${error}`)
  const own = new OwnPartners({ ...common, dir: config.partnersDir, compile: evaluator.compile })
  const desk = new TemplateDesk({ ...common, compile: evaluator.compile })
  const proof = (slug: string) => proofOf(store.documents, slug, versionOf(desk.files(slug)))
  const statuses = new PartnerStatuses({ ...common, proof, complain })
  const pulse = new PartnerPulse({ documents: store.documents, clock, worker: config.worker, complain })
  const upgrades = new Upgrades({ ...common, own, desk, statuses, compile: evaluator.compile })
  await own.start()
  await desk.follow()
  own.follow({ adopt: (profile) => desk.adopt(profile), forget: (slug) => desk.forget(slug) })
  await Promise.all([statuses.start(), pulse.start()])
  return {
    ...{ own, desk, statuses, pulse, upgrades },
    stop: async () => void (await Promise.all([own.stop(), desk.stop(), statuses.stop(), pulse.stop()])),
  }
}

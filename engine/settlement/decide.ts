import { CartageError } from '../errors.ts'
import type { AuditStore, Clock } from '../store/ports.ts'
import type { ChargeEntries } from './entries.ts'
import type { ChargeEntry, Proposal } from './entry.ts'

export interface DecideDeps {
  charges: ChargeEntries
  audit: Pick<AuditStore, 'append'>
  clock: Clock
}

/** What finance does with a charge that did not match: one proposes to pay it, another releases it. Who did what is audited. */
export class Decisions {
  readonly #deps: DecideDeps

  constructor(deps: DecideDeps) {
    this.#deps = deps
  }

  /** Undefined: there is no such charge. Throws `charges.not-open`, `charges.nothing-agreed` (refused). */
  propose(entryId: string, by: string, pay: Proposal['pay'], reason: string): Promise<ChargeEntry | undefined> {
    return this.#decide(entryId, { by, action: 'charge.propose', details: { pay, reason } }, (entry, at) => {
      const { proposal } = entry
      if (entry.state === 'proposed' && proposal?.by === by && proposal.pay === pay && proposal.reason === reason)
        return entry
      open(entry)
      if (pay === 'agreed' && entry.agreed?.currency !== entry.amount.currency)
        throw new CartageError(
          'refused',
          'charges.nothing-agreed',
          'Nothing was agreed, in the currency of the invoice, that could be paid instead.',
        )
      return { ...entry, state: 'proposed', proposal: { by, at, pay, reason } }
    })
  }

  /**
   * `pay`: what whoever releases it has read that it would come to. Throws `charges.four-eyes` (refused) for whoever has proposed it,
   * `charges.not-proposed` when nobody has, `charges.proposal-changed` when something else is proposed by now.
   */
  release(entryId: string, by: string, pay: Proposal['pay']): Promise<ChargeEntry | undefined> {
    return this.#decide(entryId, { by, action: 'charge.release', details: {} }, (entry, at) => {
      if ((entry.state === 'released' || entry.state === 'posted') && entry.decision?.by === by) return entry
      open(entry)
      const { proposal } = entry
      if (!proposal)
        throw new CartageError('refused', 'charges.not-proposed', 'Somebody must propose first what is paid, and why.')
      if (proposal.by === by)
        throw new CartageError('refused', 'charges.four-eyes', 'It is released by somebody else than who proposed it.')
      if (proposal.pay !== pay)
        throw new CartageError('refused', 'charges.proposal-changed', `Proposed is now to pay as ${proposal.pay}.`)
      const pays = pay === 'agreed' ? entry.agreed! : entry.amount
      return { ...entry, state: 'released', pays, decision: { by, at } }
    })
  }

  /** It is not paid: the courier must be told why. */
  refuse(entryId: string, by: string, reason: string): Promise<ChargeEntry | undefined> {
    return this.#decide(entryId, { by, action: 'charge.refuse', details: { reason } }, (entry, at) => {
      if (entry.state === 'refused' && entry.decision?.by === by) return entry
      open(entry)
      return { ...entry, state: 'refused', decision: { by, at, reason } }
    })
  }

  async #decide(
    entryId: string,
    { by, action, details }: { by: string; action: string; details: Record<string, string> },
    change: (entry: ChargeEntry, at: string) => ChargeEntry,
  ): Promise<ChargeEntry | undefined> {
    const { charges, audit, clock } = this.#deps
    const at = new Date(clock.now()).toISOString()
    let changed = false
    const entry = await charges.change(entryId, (known) => {
      const next = change(known, at)
      changed = next !== known
      return next
    })
    if (entry && changed) await audit.append({ actor: by, action, subject: entryId, details })
    return entry
  }
}

function open({ state }: ChargeEntry): void {
  if (state !== 'mismatched' && state !== 'proposed')
    throw new CartageError('refused', 'charges.not-open', `Nothing is to be decided: the charge is ${state}.`)
}

/** Whose turn it is among the partners of each subscription, as this open store remembers it. */
export class Rota {
  readonly #served = new Map<number, Map<string, number>>()
  #turn = 0

  /** Partners that have something due; the first one has waited longest for its turn. */
  inTurn(subscription: number, partners: string[]): string[] {
    const before = this.#served.get(subscription)
    const served = new Map(partners.map((partner) => [partner, before?.get(partner) ?? 0]))
    this.#served.set(subscription, served)
    return partners.toSorted((one, other) => served.get(one)! - served.get(other)!)
  }

  /** Nobody has anything due: whoever comes next has waited for nothing. */
  forget(subscription: number): void {
    this.#served.delete(subscription)
  }

  /** These had their turn, in this order. */
  hadTurn(subscription: number, partners: string[]): void {
    for (const partner of partners) this.#served.get(subscription)?.set(partner, ++this.#turn)
  }
}

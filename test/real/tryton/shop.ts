import type { Tryton } from '../../support/servers/tryton.ts'

/** What people do in the ERP, over its own JSON-RPC. */
export class Shop {
  readonly #tryton: Tryton
  readonly #context: { company: number }
  #product: number | undefined
  #unit: number | undefined

  constructor(tryton: Tryton) {
    this.#tryton = tryton
    this.#context = { company: tryton.ids.company }
  }

  /** A customer with an address in the United States; the id of the party. */
  async customer(name: string): Promise<number> {
    const { receivable, payable, paymentTerm } = this.#tryton.ids
    const [country] = await this.#call<number[]>('model.country.country.search', [['code', '=', 'US']], 0, 1, null)
    const address = { street: '1 Main Street', city: 'Springfield', postal_code: '62701', country }
    const contact = { type: 'phone', value: '+15555550142' }
    const [party] = await this.#call<number[]>('model.party.party.create', [
      {
        name,
        addresses: [['create', [address]]],
        contact_mechanisms: [['create', [contact]]],
        customer_payment_term: paymentTerm,
        account_receivable: receivable,
        account_payable: payable,
      },
    ])
    return party!
  }

  /** A chair of 4 kg at 12.50. */
  async product(): Promise<number> {
    if (this.#product !== undefined) return this.#product
    const { category } = this.#tryton.ids
    const [unit] = await this.#call<number[]>('model.product.uom.search', [['name', '=', 'Unit']], 0, 1, null)
    const [template] = await this.#call<number[]>('model.product.template.create', [
      {
        ...{ name: 'Chair', type: 'goods', salable: true, default_uom: unit, sale_uom: unit },
        ...{ list_price: decimal('12.50'), cost_price_method: 'fixed', account_category: category },
      },
    ])
    const chair = { template, suffix_code: 'CHAIR-1', cost_price: decimal('5') }
    const [product] = await this.#call<number[]>('model.product.product.create', [chair])
    this.#unit = unit!
    this.#product = product!
    return product!
  }

  /** Two chairs sold, to be invoiced when they are delivered; the shipment waits for the warehouse. */
  async sell(party: number, reference: string): Promise<{ sale: number; shipment: number }> {
    const product = await this.product()
    const [address] = await this.#call<number[]>('model.party.address.search', [['party', '=', party]], 0, 1, null)
    const line = { type: 'line', product, quantity: 2, unit: this.#unit, unit_price: decimal('12.50') }
    const [sale] = await this.#call<number[]>('model.sale.sale.create', [
      {
        ...{ party, reference, company: this.#tryton.ids.company, payment_term: this.#tryton.ids.paymentTerm },
        ...{
          invoice_address: address,
          shipment_address: address,
          invoice_method: 'shipment',
          shipment_method: 'order',
        },
        lines: [['create', [line]]],
      },
    ])
    for (const step of ['quote', 'confirm', 'process']) await this.#call(`model.sale.sale.${step}`, [sale])
    const [sold] = await this.#call<{ shipments: number[] }[]>('model.sale.sale.read', [sale], ['shipments'])
    return { sale: sale!, shipment: sold!.shipments[0]! }
  }

  /** The warehouse takes the goods off the shelf and packs them. */
  async pack(shipment: number): Promise<void> {
    for (const step of ['assign_force', 'pick', 'pack'])
      await this.#call(`model.stock.shipment.out.${step}`, [shipment])
  }

  async shipment(id: number): Promise<{ number: string; state: string; reference: string | null }> {
    const fields = ['number', 'state', 'reference']
    const [shipment] = await this.#call<{ number: string; state: string; reference: string | null }[]>(
      'model.stock.shipment.out.read',
      [id],
      fields,
    )
    return shipment!
  }

  /** The customer's invoices of a sale. */
  async invoices(sale: number): Promise<number[]> {
    const [sold] = await this.#call<{ invoices: number[] }[]>('model.sale.sale.read', [sale], ['invoices'])
    return sold!.invoices
  }

  #call<T>(method: string, ...parameters: unknown[]): Promise<T> {
    return this.#tryton.rpc<T>(method, ...parameters, this.#context)
  }
}

/** A number as Tryton's JSON-RPC writes it. */
function decimal(text: string) {
  return { __class__: 'Decimal', decimal: text }
}

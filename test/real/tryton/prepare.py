"""A small company in a fresh Tryton database: python3 prepare.py <database> <trytond.conf>. Prints what a test has to know as JSON."""
import datetime
import json
import sys

from proteus import Model, config
from trytond.modules.account.tests.tools import (
    create_chart, create_fiscalyear, get_accounts)
from trytond.modules.account_invoice.tests.tools import (
    create_payment_term, set_fiscalyear_invoice_sequences)
from trytond.modules.company.tests.tools import create_company, get_company

database, conf = sys.argv[1:]
config.set_trytond(database, config_file=conf)

create_company()
company = get_company()
create_chart(company)
accounts = get_accounts(company)
# This year and the next: a run may begin before midnight of its last day.
for year in (datetime.date.today().year, datetime.date.today().year + 1):
    fiscalyear = set_fiscalyear_invoice_sequences(
        create_fiscalyear(company, datetime.date(year, 1, 1)))
    fiscalyear.click('create_period')

Category = Model.get('product.category')
category = Category(name='Goods', accounting=True)
category.account_expense = accounts['expense']
category.account_revenue = accounts['revenue']
category.save()

term = create_payment_term()
term.save()

Location = Model.get('stock.location')
warehouse, = Location.find([('code', '=', 'WH')])

Country = Model.get('country.country')
Country(name='United States', code='US', code3='USA').save()

Party = Model.get('party.party')
depot = Party(name='Depot')
address, = depot.addresses
address.street, address.city, address.postal_code = '1 Example Way', 'Springfield', '62701'
address.country, = Country.find([('code', '=', 'US')])
depot.save()
warehouse.address, = depot.addresses
warehouse.save()

# Numbers as a shop has them, by which its papers can be told apart.
Sequence = Model.get('ir.sequence')
for name, prefix in (('Sale', 'SO-'), ('Customer Shipment', 'SHIP-')):
    sequence, = Sequence.find([('sequence_type.name', '=', name)])
    sequence.prefix = prefix
    sequence.save()

print(json.dumps({
    'company': company.id,
    'category': category.id,
    'paymentTerm': term.id,
    'warehouse': warehouse.id,
    'storage': warehouse.storage_location.id,
    'supplier': Location.find([('code', '=', 'SUP')])[0].id,
    'receivable': accounts['receivable'].id,
    'payable': accounts['payable'].id,
}))

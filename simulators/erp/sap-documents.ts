import type { Json, JsonObject } from '../json.ts'
import { array, object, text } from '../json.ts'

export const SERVICE = '/sap/opu/odata/sap/API_OUTBOUND_DELIVERY_SRV;v=0002'

/** OData v2 dates: milliseconds at UTC midnight. */
export function sapDate(at: Date): string {
  return `/Date(${Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate())})/`
}

/** OData v2 times: an ISO 8601 duration since midnight. */
export function sapTime(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `PT${two(at.getUTCHours())}H${two(at.getUTCMinutes())}M${two(at.getUTCSeconds())}S`
}

export const etagOf = (version: Json | undefined) => `W/"'${text(version)}'"`

/** The next document version, four digits. */
export const nextVersion = (version: Json | undefined) => String(Number(text(version)) + 1).padStart(4, '0')

export interface DeliveryLine {
  sku: string
  quantity: number
  unit?: string
  description?: string
}

/** A new outbound delivery (fields of the contract's response.outbound_delivery.json), without its OData metadata. */
export function newDelivery(number: string, orderId: string, lines: DeliveryLine[], at: Date): JsonObject {
  return {
    ActualDeliveryRoute: '',
    Shippinglocationtimezone: 'CET',
    ActualGoodsMovementDate: null,
    Receivinglocationtimezone: 'EST',
    ActualGoodsMovementTime: 'PT00H00M00S',
    BillOfLading: '',
    CompleteDeliveryIsDefined: false,
    ConfirmationTime: 'PT00H00M00S',
    CreatedByUser: 'CC0000000001',
    CreationDate: sapDate(at),
    CreationTime: sapTime(at),
    DeliveryBlockReason: '',
    DeliveryDate: sapDate(new Date(at.getTime() + 86_400_000)),
    DeliveryDocument: number,
    DeliveryDocumentBySupplier: '',
    DeliveryDocumentType: 'LF',
    DeliveryIsInPlant: false,
    DeliveryPriority: '02',
    DeliveryTime: 'PT04H00M00S',
    DeliveryVersion: '0001',
    DocumentDate: sapDate(at),
    GoodsIssueTime: 'PT22H00M00S',
    HeaderBillingBlockReason: '',
    HeaderGrossWeight: '12.700',
    HeaderNetWeight: '10.700',
    HeaderVolume: '0.000',
    HeaderVolumeUnit: '',
    HeaderWeightUnit: 'KG',
    IncotermsClassification: 'CFR',
    IsExportDelivery: '',
    LastChangeDate: null,
    LoadingDate: sapDate(at),
    LoadingTime: 'PT22H00M00S',
    MeansOfTransport: '',
    OrderCombinationIsAllowed: true,
    OverallGoodsMovementStatus: 'A',
    OverallPickingStatus: 'A',
    OverallPackingStatus: '',
    OverallProofOfDeliveryStatus: '',
    OverallSDProcessStatus: 'A',
    OverallWarehouseActivityStatus: '',
    TotalCreditCheckStatus: '',
    PickingDate: sapDate(at),
    PickingTime: 'PT22H00M00S',
    PlannedGoodsIssueDate: sapDate(at),
    ProofOfDeliveryDate: null,
    SalesOrganization: 'FIC1',
    SDDocumentCategory: 'J',
    ShippingCondition: '01',
    ShippingPoint: 'FIC1',
    ShipToParty: 'FICTCUST01',
    SoldToParty: 'FICTCUST01',
    TotalNumberOfPackage: '00001',
    TransactionCurrency: 'EUR',
    TransportationGroup: '0001',
    TransportationPlanningDate: sapDate(at),
    Warehouse: '',
    items: lines.map((line, index) => ({
      DeliveryDocument: number,
      DeliveryDocumentItem: String((index + 1) * 10),
      Material: line.sku,
      DeliveryDocumentItemText: line.description ?? line.sku,
      ActualDeliveryQuantity: String(line.quantity),
      DeliveryQuantityUnit: line.unit ?? 'PC',
      OriginalDeliveryQuantity: line.quantity.toFixed(3),
      Batch: '',
      Plant: 'FIC1',
      StorageLocation: '0001',
      ReferenceSDDocument: orderId.replace(/^\D+/, '') || orderId,
      ReferenceSDDocumentItem: String((index + 1) * 10).padStart(6, '0'),
      PickingStatus: 'A',
      GoodsMovementStatus: 'A',
      ItemGrossWeight: '12.700',
      ItemWeightUnit: 'KG',
    })),
  }
}

/** The delivery as OData v2 JSON gives it: metadata, items and partners as deferred-looking collections. */
export function present(delivery: JsonObject, base: string): JsonObject {
  const number = text(delivery['DeliveryDocument'])
  const uri = `${base}${SERVICE}/A_OutbDeliveryHeader('${number}')`
  const etag = etagOf(delivery['DeliveryVersion'])
  const { items, ...header } = delivery
  return {
    __metadata: { id: uri, uri, type: 'API_OUTBOUND_DELIVERY_SRV.A_OutbDeliveryHeaderType', etag },
    ...header,
    to_DeliveryDocumentItem: {
      results: array(items).map((item) => ({
        __metadata: {
          uri: `${base}${SERVICE}/A_OutbDeliveryItem(DeliveryDocument='${number}',DeliveryDocumentItem='${text(object(item)['DeliveryDocumentItem']).padStart(6, '0')}')`,
          type: 'API_OUTBOUND_DELIVERY_SRV.A_OutbDeliveryItemType',
          etag,
        },
        ...object(item),
      })),
    },
    to_DeliveryDocumentPartner: {
      results: [
        { PartnerFunction: 'WE', SDDocument: number, Customer: 'FICTCUST01', AddressID: `000000${number.slice(-4)}` },
      ],
    },
  }
}

/** The same as Atom, the default representation when nobody asks for JSON. */
export function atom(delivery: JsonObject, base: string): string {
  const number = text(delivery['DeliveryDocument'])
  const escaped = (value: string) => value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')
  const property = ([name, value]: [string, Json]) =>
    value === null ? `<d:${name} m:null="true"/>` : `<d:${name}>${escaped(String(value))}</d:${name}>`
  const properties = Object.entries(delivery).filter(([, value]) => value === null || typeof value !== 'object')
  return `<?xml version="1.0" encoding="utf-8"?>
<entry m:etag="${escaped(etagOf(delivery['DeliveryVersion']))}" xml:base="${base}${SERVICE}/" xmlns="http://www.w3.org/2005/Atom" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices">
  <id>${base}${SERVICE}/A_OutbDeliveryHeader('${number}')</id>
  <content type="application/xml"><m:properties>${properties.map(property).join('')}</m:properties></content>
</entry>
`
}

/** SAP's OData error (shape of the contract's error.odata.json). */
export function sapError(code: string, message: string, transaction: string): JsonObject {
  return {
    error: {
      code,
      message: { lang: 'en', value: message },
      innererror: {
        application: {
          component_id: 'LE-SHP-API',
          service_namespace: '/SAP/',
          service_id: 'API_OUTBOUND_DELIVERY_SRV',
          service_version: '0002',
        },
        transactionid: transaction,
        timestamp: new Date()
          .toISOString()
          .replace(/[-:TZ]/g, '')
          .replace(/\.(\d{3})$/, '.$10000'),
        errordetails: [{ code, message, propertyref: '', severity: 'error', target: '' }],
      },
    },
  }
}

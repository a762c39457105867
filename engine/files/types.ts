/** What a manifest says of files: `engine/partner/profile.schema.json` checks it. */

import type { DocumentFormat } from '../partner/profile-types.ts'

/** JSON Lines is a way to write many JSON documents into one file. */
export type FileFormat = DocumentFormat | 'jsonl'

/** Files that the partner leaves for us. */
export interface FilesIn {
  name: string
  label?: string
  /** Below the address. */
  folder: string
  /** File names, with `*` and `?`. */
  pattern: string
  /** What a record is: its mapping and its format. Interchanges hold several kinds, and name none. */
  document?: string
  /** Where no document says it, or where it is written otherwise than one record is (JSON Lines). */
  format?: FileFormat
  /** `record` (default): a message for each row, element or interchange. `file`: one for all of it. */
  split?: 'record' | 'file'
  /** JSON and XML: where the list of records stands, as `Orders.Order`. */
  records?: string
  /** What the file is written in, where it does not say so itself; UTF-8 when left out. */
  charset?: string
  /** Ending of the file that says that another is whole: `x.csv` with `x.csv.ok`. Without it two looks must see the same. */
  trigger?: string
  /** `move` (default): to `done/` or `failed/` in the folder. `mark`: it stays, and is only known to be done. */
  after?: 'move' | 'mark'
  /** Nothing of a file is taken in when one record of it is refused. */
  allOrNothing?: boolean
  /**
   * Of a CSV that is taken as one record: every row is checked by itself first, so that what is wrong is told by row; nothing is taken
   * in when one row is refused.
   */
  checkRows?: boolean
  /** JSONata over {body}: the business object that a record is about. */
  key?: string
}

/** Files that we leave for the partner. */
export interface FilesOut {
  name: string
  label?: string
  folder: string
  /** The document that is written, where it is always the same. */
  document?: string
  /** What is written here begins something new, a booking or a tender: it waits while the partner is a draft. */
  begins?: boolean
  /** Name of the file: {id}, {key}, {date} and {time} (UTC) are filled in; one of the first two must be there. */
  fileName: string
}

/** Where files are exchanged, and which. `{name}` stands for a parameter or credential. */
export interface PartnerFiles {
  /** `sftp://host:port/folder`, or a folder below the hub's own; empty: the one that is named like the partner. */
  address: string
  /** Fingerprint of the SFTP server's key, as `ssh-keygen -l` writes it: SHA256:… */
  hostKey?: string
  username?: string
  password?: string
  privateKey?: string
  passphrase?: string
  in?: FilesIn[]
  out?: FilesOut[]
}

/** What a call of module `routes` answers where it does not answer a count. */
export enum Status {
  Ok = 0,
  /** The id is not that of an open table, or not of a table of the kind that the call needs. */
  BadTable = -1,
  /** Zero, or more than `BATCH_MAX`. */
  BadCount = -2,
  /** Wrong family, prefix length, bits behind the prefix or attribute-set id. No row of the batch was taken. */
  BadRow = -3,
  /** No room for another key: some rows were taken. `reserve` more and put the same batch again. */
  Full = -4,
  /** No room for another table: `reserve` more. */
  TooManyTables = -5,
  /** More than `KEYS_MAX` or `TABLES_MAX`, or more than WebAssembly memory can ever hold. */
  TooLarge = -6,
  /** The engine did not give the memory. */
  NoMemory = -7,
  /** Other tables follow this one: close them first. */
  InUse = -8,
}

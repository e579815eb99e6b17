import { Document } from 'yaml'

/** Objects as the text of one YAML file. */
export const manifestText = (objects: readonly unknown[]): string =>
  objects
    .map((object) => new Document(object, { aliasDuplicateObjects: false, version: '1.1' }).toString({ lineWidth: 0 }))
    .join('---\n')

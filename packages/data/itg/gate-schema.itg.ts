import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { pythonFor } from '@mlops/testing'
import { readYaml } from '../src/index.ts'
import { ACCEPTED, BEYOND_THE_SCHEMA, REFUSED } from '../test/gate-file/corpus.ts'

const schema = readFileSync(join(import.meta.dirname, '../../../docs/schemas/gate-v1.json'), 'utf8')

const dataOf = (text: string): unknown => {
  const reading = readYaml(text)
  if (reading.kind === 'faults') throw new Error(`not sound YAML: ${text}`)
  return reading.value.value
}

const PROGRAM = `
import json, sys
from jsonschema import Draft202012Validator
asked = json.load(sys.stdin)
Draft202012Validator.check_schema(asked["schema"])
valid = Draft202012Validator(asked["schema"]).is_valid
print(json.dumps({name: valid(document) for name, document in asked["documents"].items()}))
`

// The validator of another language: what the parser and the schema share can't hide a mistake of the schema here.
test('the schema accepts and refuses what the parser does', () => {
  const texts = {
    ...ACCEPTED,
    ...Object.fromEntries(Object.entries({ ...REFUSED, ...BEYOND_THE_SCHEMA }).map(([name, [text]]) => [name, text])),
  }
  const documents = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, dataOf(text)]))
  const answer = execFileSync(pythonFor('packages/local-cloud/python/requirements-test.txt'), ['-c', PROGRAM], {
    input: JSON.stringify({ schema: JSON.parse(schema) as unknown, documents }),
    encoding: 'utf8',
  })
  const isExpected = (name: string) => !Object.hasOwn(REFUSED, name)
  expect(JSON.parse(answer)).toEqual(Object.fromEntries(Object.keys(texts).map((name) => [name, isExpected(name)])))
})

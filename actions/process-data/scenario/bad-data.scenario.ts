import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openWorld, processStep, pythonFor, runStep, type World } from '@mlops/testing'

const PIPELINE = join(import.meta.dirname, '../../../examples/retail/pipeline')
const HEADERS = {
  'transactions.csv':
    'BASKET_ID,HOUSEHOLD_ID,STORE_CODE,PROD_CODE,QUANTITY,SPEND,RETAIL_DISCOUNT,COUPON_DISCOUNT,COUPON_MATCH_DISCOUNT,SHOP_WEEK,SHOP_WEEKDAY,SHOP_HOUR,SHOP_DATE',
  'products.csv': 'PROD_CODE,DEPARTMENT,CATEGORY,BRAND',
  'promotions.csv': 'PROD_CODE,STORE_CODE,SHOP_WEEK,MAILER,DISPLAY',
}

let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'process-data', python: pythonFor('examples/retail/pipeline/requirements.txt') })
}, 300_000)
afterAll(() => world.close())

let run = 0
/** Runs the example's ETL over raw files and gives the error and what was left behind. */
const processed = async (files: Readonly<Record<string, string>>) => {
  run += 1
  const raw = `s3://mlops-dev/raw-${run}/`
  for (const [name, text] of Object.entries(files)) await world.put(`${raw}${name}`, text)
  const step = await runStep(
    processStep(
      world,
      {
        'source-dir': PIPELINE,
        code: 'etl.py',
        inputs: `raw=${raw}`,
        arguments: '--raw\n/opt/ml/processing/input/raw\n--out\n/opt/ml/processing/output',
      },
      { environment: { GITHUB_RUN_ID: String(run) } },
    ),
  )
  expect(step.code).toBe(1)
  expect(await world.read('s3://mlops-dev/sets/latest.json')).toBeUndefined()
  expect((await world.jobs()).every(({ status }) => status === 'Failed')).toBe(true)
  return step.annotations.at(-1)?.message
}

test('no raw data at all is noticed before a job is paid for', async () => {
  expect(await processed({})).toMatch(/^E-NO-DATA: raw \(s3:\/\/mlops-dev\/raw-\d+\/\) holds no object/)
  expect(await world.jobs()).toEqual([])
}, 60_000)

test('an empty file and missing columns are named, both at once', async () => {
  const message = await processed({
    'transactions.csv': `${HEADERS['transactions.csv'].replace('SPEND', 'AMOUNT')}\n`,
    'products.csv': '',
    'promotions.csv': `${HEADERS['promotions.csv']}\n1,1,1,A,1\n`,
  })
  expect(message).toMatch(/^E-USER-CODE: /)
  expect(message).toContain('E-COLUMNS: transactions.csv lacks SPEND')
  expect(message).toContain('E-EMPTY-CSV: products.csv is empty')
}, 60_000)

test('files with headers only are empty too', async () => {
  const message = await processed(
    Object.fromEntries(Object.entries(HEADERS).map(([name, header]) => [name, `${header}\n`])),
  )
  for (const name of Object.keys(HEADERS)) expect(message).toContain(`E-EMPTY-CSV: ${name} has no rows`)
}, 60_000)

import type { S3Uri } from '@mlops/core'
import { objectsInMemory } from '@mlops/testing'
import { objectsContract } from '../../testing/src/contracts/objects.ts'

objectsContract('the store in memory', (name) =>
  Promise.resolve({
    objects: objectsInMemory(['ours']).objects,
    root: `s3://ours/${name}/` as S3Uri,
    nowhere: 's3://nowhere/' as S3Uri,
  }),
)

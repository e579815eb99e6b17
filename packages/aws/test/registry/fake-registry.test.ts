import type { S3Uri } from '@mlops/core'
import { fakeRegistry, sleepingClock } from '@mlops/testing'
import { registryContract } from '../../../testing/src/contracts/model-registry.ts'

registryContract('the fake', () => {
  const clock = sleepingClock()
  const { registry, links } = fakeRegistry({ clock, completesAfterMs: 3000 })
  return Promise.resolve({
    registry,
    origins: (arn) => Promise.resolve(links.filter((link) => link.packageArn === arn).map(({ artifact }) => artifact)),
    artifact: (name) => Promise.resolve(`s3://mlops-dev/models/${name}/model.tar.gz` as S3Uri),
    pause: () => clock.sleep(1000),
  })
})

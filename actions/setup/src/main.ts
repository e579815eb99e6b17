import { eventPayload, gitHub, start } from '@mlops/action-kit'
import { run } from './run.ts'
import { spec } from './spec.ts'

await start(spec, {
  run,
  ports: ({ githubToken }, { identity, environment }) => ({
    event: { name: identity.eventName, ref: identity.ref, payload: eventPayload(environment) },
    changedPaths: gitHub(githubToken, identity).changedPaths,
  }),
})

/** Requests as API Gateway delivers them to the function of the synthesized route, in payload format 2.0. */
import type { HttpResponse } from '#schemas/review-desk.ts'
import { resolver, type Templates } from '../infra/resolve.ts'

const HOST = 'desk.example.com'
export const DESK_ORIGIN = `https://${HOST}`

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export type HttpApi = (method: string, path: string, sent?: Sent) => Promise<HttpResponse>

/** The API over the functions behind it. A request without a route reaches none; a function that fails is a 500. */
export function httpApi(templates: Templates, invoke: (arn: string, event: unknown) => Promise<unknown>): HttpApi {
  const resolve = resolver(templates, 'AutotuneWorkflow')
  const resources = templates.AutotuneWorkflow!.Resources!
  const routes = Object.values(resources).flatMap(({ Type, Properties: p }) => {
    if (Type !== 'AWS::ApiGatewayV2::Route') return []
    const [method, pattern] = String(p!.RouteKey).split(' ') as [string, string]
    const integration = resources[String(resolve(p!.Target)).replace('integrations/AutotuneWorkflow.', '')]!
    const { PayloadFormatVersion, IntegrationUri } = integration.Properties!
    if (PayloadFormatVersion !== '2.0') throw new Error('the test API knows payload format 2.0 only')
    const path = new RegExp(`^${pattern.replace('{token}', '[^/]+')}$`)
    return [{ method, path, arn: String(resolve(IntegrationUri)) }]
  })
  return async (method, rawPath, { headers = {}, body } = {}) => {
    const route = routes.find((r) => r.method === method && r.path.test(rawPath))
    if (!route) return { statusCode: 404, headers: {}, body: '{"message":"Not Found"}' }
    try {
      return (await invoke(route.arn, {
        version: '2.0',
        routeKey: 'unused',
        rawPath,
        rawQueryString: '',
        headers: { host: HOST, ...headers },
        requestContext: { domainName: HOST, http: { method, path: rawPath, sourceIp: '192.0.2.1' } },
        // Forms arrive in base64: API Gateway passes only text and JSON as they are.
        ...(body === undefined ? {} : { body: Buffer.from(body).toString('base64') }),
        isBase64Encoded: body !== undefined,
      })) as HttpResponse
    } catch {
      return { statusCode: 500, headers: {}, body: '{"message":"Internal Server Error"}' }
    }
  }
}

/** The review desk on this machine: hands requests for review links to the desk and sends its replies. */
import type { ReviewRequest } from '#core/review/request.ts'
import { REVIEW_PATH } from '#schemas/review-desk.ts'
import type { DeskReply } from '../pages/review/desk.ts'
import { type PageServer, type Patience, plain, type ServerLog, servePages } from './page-server.ts'

/** Where a request was sent, and how it is answered. */
type Desk = (
  request: ReviewRequest,
  at: { readonly token: string; readonly origin: string; readonly action: string },
) => Promise<Pick<DeskReply, 'status' | 'location' | 'body'>>

/**
 * Serves a desk.
 * @param port 0: any free one
 * @throws UserError when the port is taken
 */
export const serveDesk = (desk: Desk, port: number, log: ServerLog, patience?: Patience): Promise<PageServer> =>
  servePages(
    async (request, { path, origin }) =>
      path.startsWith(REVIEW_PATH)
        ? await desk(request, { token: path.slice(REVIEW_PATH.length), origin, action: path })
        : plain(404, 'There is nothing here. Open the link of your review.'),
    port,
    log,
    patience,
  )

/** Tool manifests of the recorded domains, as their environments publish them: what the rule `allowed_tools` allows. */
import type { Domain } from './prepare/chat-traces.ts'

/** Tools that change state in the two support domains. */
export const WRITING_TOOLS: Readonly<Record<Domain, readonly string[]>> = {
  retail: [
    'cancel_pending_order',
    'exchange_delivered_order_items',
    'modify_pending_order_address',
    'modify_pending_order_items',
    'modify_pending_order_payment',
    'modify_user_address',
    'return_delivered_order_items',
  ],
  airline: [
    'book_reservation',
    'cancel_reservation',
    'send_certificate',
    'update_reservation_baggages',
    'update_reservation_flights',
    'update_reservation_passengers',
  ],
}

/** All tools of the two support domains. */
export const SUPPORT_TOOLS: Readonly<Record<Domain, readonly string[]>> = {
  retail: [
    'calculate',
    'find_user_id_by_email',
    'find_user_id_by_name_zip',
    'get_item_details',
    'get_order_details',
    'get_product_details',
    'get_user_details',
    'list_all_product_types',
    'think',
    'transfer_to_human_agents',
    ...WRITING_TOOLS.retail,
  ],
  airline: [
    'calculate',
    'get_flight_status',
    'get_reservation_details',
    'get_user_details',
    'list_all_airports',
    'search_direct_flight',
    'search_onestop_flight',
    'think',
    'transfer_to_human_agents',
    ...WRITING_TOOLS.airline,
  ],
}

/** Tools of the four smart-grid servers: assets and sensors, failure modes, time series, work orders. */
export const SMARTGRID_TOOLS: readonly string[] = [
  'get_asset_metadata',
  'get_sensor_readings',
  'list_assets',
  'list_sensors',
  'analyze_dga',
  'get_dga_record',
  'get_sensor_correlation',
  'list_failure_modes',
  'search_failure_modes',
  'detect_anomalies',
  'forecast_rul',
  'get_rul',
  'trend_analysis',
  'create_work_order',
  'estimate_downtime',
  'get_fault_record',
  'list_fault_records',
  'list_work_orders',
  'update_work_order',
]

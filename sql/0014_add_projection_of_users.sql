-- What the page asks of users, answered from an aggregate: when somebody came, and how far they got from a view to a ticket, by the quarter of
-- an hour, the finest by which clocks of zones differ. It is a projection for the reasons of 0013. First moments are whole numbers for
-- those reasons too. The state holds the moments of the five steps, so those of several quarters still fall into their order.
ALTER TABLE bilten_analytics.events ADD PROJECTION by_user_per_quarter_hour
(
    SELECT user_id, toStartOfInterval(timestamp, toIntervalMillisecond(900000)),
        min(toUnixTimestamp64Milli(timestamp)),
        windowFunnelState(86400000)(
            toUInt64(toUnixTimestamp64Milli(timestamp)), event_type = 'event_view', event_type = 'ticket_view',
            event_type = 'checkout_start', event_type = 'payment_info', event_type = 'ticket_purchase'
        )
    GROUP BY user_id, toStartOfInterval(timestamp, toIntervalMillisecond(900000))
);
ALTER TABLE bilten_analytics.events MATERIALIZE PROJECTION by_user_per_quarter_hour;

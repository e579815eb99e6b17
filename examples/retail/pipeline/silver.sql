-- Raw to silver: one row per sold line, cleaned, with its shelf value and whether it was promoted.
-- shelf = what the line would have cost without any price cut: regular price as the data's user guide defines it.
create or replace table line as
select
    t.BASKET_ID as basket_id,
    t.HOUSEHOLD_ID as household_id,
    t.STORE_CODE as store,
    t.PROD_CODE as product,
    t.SHOP_WEEK as week,
    t.SHOP_WEEKDAY as weekday,
    t.SHOP_HOUR as hour,
    t.SHOP_DATE as day,
    t.QUANTITY as quantity,
    t.SPEND + t.RETAIL_DISCOUNT + t.COUPON_MATCH_DISCOUNT as shelf,
    t.RETAIL_DISCOUNT as retail_discount,
    greatest(t.RETAIL_DISCOUNT + t.COUPON_DISCOUNT + t.COUPON_MATCH_DISCOUNT, 0) as discount,
    p.DEPARTMENT as department,
    p.CATEGORY as category,
    p.BRAND = 'Private' as private_label,
    coalesce(m.mailer, false) as mailer,
    coalesce(m.display, false) as display
from transactions t
join products p using (PROD_CODE)
left join (
    select
        PROD_CODE,
        STORE_CODE,
        SHOP_WEEK,
        bool_or(MAILER <> '0') as mailer,
        bool_or(DISPLAY <> '0') as display
    from promotions
    group by all
) m using (PROD_CODE, STORE_CODE, SHOP_WEEK)
where t.QUANTITY between 1 and 99
    and t.SPEND > 0
    and t.SHOP_WEEK between 1 and 53
    and p.DEPARTMENT not in ('FUEL', 'MISCELLANEOUS')

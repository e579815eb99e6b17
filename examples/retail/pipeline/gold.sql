-- Silver to gold: one row per basket with features that were known before its bill was printed, and its label.

-- How much a product was discounted in the weeks before; the first week of a product has no history.
create or replace table product_history as
select
    product,
    week,
    sum(discounted) over earlier / nullif(sum(shelf) over earlier, 0) as rate
from (
    select product, week, sum(retail_discount) as discounted, sum(shelf) as shelf
    from line
    group by all
)
window earlier as (
    partition by product order by week rows between unbounded preceding and 1 preceding
);

create or replace table basket as
select
    l.basket_id,
    any_value(l.household_id) as household_id,
    any_value(l.store) as store,
    any_value(l.week) as week,
    any_value(l.day) as day,
    any_value(l.weekday) as weekday,
    min(l.hour) as hour,
    sum(l.shelf) as shelf_value,
    sum(l.quantity) as units,
    count(*) as lines,
    count(distinct l.product) as products,
    count(distinct l.category) as categories,
    count(distinct l.department) as departments,
    avg(l.shelf / l.quantity) as unit_price_mean,
    max(l.shelf / l.quantity) as unit_price_max,
    min(l.shelf / l.quantity) as unit_price_min,
    coalesce(stddev_samp(l.shelf / l.quantity), 0) as unit_price_sd,
    sum(l.shelf * l.private_label::int) / sum(l.shelf) as private_label_share,
    {department_shares},
    avg(l.mailer::int) as mailer_lines,
    avg(l.display::int) as display_lines,
    sum(l.shelf * l.mailer::int) / sum(l.shelf) as mailer_share,
    sum(l.shelf * l.display::int) / sum(l.shelf) as display_share,
    sum(h.rate * l.shelf) / nullif(sum(case when h.rate is not null then l.shelf end), 0) as past_discount_rate,
    coalesce(sum(case when h.rate is not null then l.shelf end), 0) / sum(l.shelf) as past_discount_known,
    sum(l.discount) / greatest(sum(l.shelf), 0.01) as discount_share
from line l
left join product_history h using (product, week)
group by l.basket_id;

-- A store by its training weeks before the basket's own; later weeks never look past the last training week.
create or replace table store_history as
select
    v.store,
    v.week,
    sum(s.shelf_value) / sum(s.baskets) as store_mean_basket,
    sum(s.baskets)::double / count(*) as store_baskets_per_week
from (select distinct store, week from basket) v
join (
    select store, week, sum(shelf_value) as shelf_value, count(*) as baskets
    from basket
    group by all
) s on s.store = v.store and s.week < least(v.week, {first_test_week})
group by all;

create or replace table gold as
select
    b.basket_id,
    b.household_id,
    b.week,
    b.* exclude (basket_id, household_id, week, store, day, discount_share),
    s.store_mean_basket,
    s.store_baskets_per_week,
    count(*) over earlier as household_baskets,
    avg(b.discount_share) over recent as household_discount_share,
    avg(b.shelf_value) over recent as household_shelf_value,
    avg(b.private_label_share) over recent as household_private_label_share,
    avg(b.mailer_share) over recent as household_mailer_share,
    b.discount_share,
    case
        when b.discount_share <= {low_up_to} then 'Low'
        when b.discount_share <= {medium_up_to} then 'Medium'
        else 'High'
    end as {label}
from basket b
left join store_history s using (store, week)
window
    earlier as (
        partition by b.household_id order by b.day, b.hour, b.basket_id
        rows between unbounded preceding and 1 preceding
    ),
    recent as (
        partition by b.household_id order by b.day, b.hour, b.basket_id
        rows between 10 preceding and 1 preceding
    )

"""What the tables are called and hold, in one place for export, ETL, training and tests."""

from __future__ import annotations

from typing import Final

TRANSACTIONS: Final = "transactions.csv"
PRODUCTS: Final = "products.csv"
PROMOTIONS: Final = "promotions.csv"

#: Columns of the raw files with the type that their text must have.
RAW_COLUMNS: Final[dict[str, dict[str, str]]] = {
    TRANSACTIONS: {
        "BASKET_ID": "BIGINT",
        "HOUSEHOLD_ID": "BIGINT",
        "STORE_CODE": "BIGINT",
        "PROD_CODE": "BIGINT",
        "QUANTITY": "BIGINT",
        "SPEND": "DOUBLE",
        "RETAIL_DISCOUNT": "DOUBLE",
        "COUPON_DISCOUNT": "DOUBLE",
        "COUPON_MATCH_DISCOUNT": "DOUBLE",
        "SHOP_WEEK": "INTEGER",
        "SHOP_WEEKDAY": "INTEGER",
        "SHOP_HOUR": "INTEGER",
        "SHOP_DATE": "DATE",
    },
    PRODUCTS: {
        "PROD_CODE": "BIGINT",
        "DEPARTMENT": "VARCHAR",
        "CATEGORY": "VARCHAR",
        "BRAND": "VARCHAR",
    },
    PROMOTIONS: {
        "PROD_CODE": "BIGINT",
        "STORE_CODE": "BIGINT",
        "SHOP_WEEK": "INTEGER",
        "MAILER": "VARCHAR",
        "DISPLAY": "VARCHAR",
    },
}

LABEL: Final = "BASKET_PRICE_SENSITIVITY"
#: What the label is cut from, and what the regression predicts.
DISCOUNT_SHARE: Final = "discount_share"
#: Columns of gold that are only known afterwards; none of them is a feature.
TARGETS: Final = (LABEL, DISCOUNT_SHARE)
CLASSES: Final = ("Low", "Medium", "High")
#: Share of a basket's shelf value that was discounted: at most this is Low, at most that is Medium.
LOW_UP_TO: Final = 0.02
MEDIUM_UP_TO: Final = 0.30

#: The first weeks only feed the history features.
TRAIN_WEEKS: Final = (9, 40)
TEST_WEEKS: Final = (41, 53)

#: A fixed list, so that the columns do not depend on the data at hand.
DEPARTMENTS: Final = (
    "GROCERY",
    "DRUG GM",
    "PRODUCE",
    "MEAT-PCKGD",
    "MEAT",
    "DELI",
    "PASTRY",
    "NUTRITION",
    "COSMETICS",
    "SALAD BAR",
    "SEAFOOD-PCKGD",
    "FLORAL",
)

#: Columns of gold that identify a basket; none of them is a feature.
IDENTITY: Final = ("basket_id", "household_id", "week")


def department_column(department: str) -> str:
    """The gold column with a department's share of the basket."""
    return "share_" + department.lower().replace(" ", "_").replace("-", "_")

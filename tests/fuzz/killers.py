"""Strings made to be slow for regular expressions: long runs of what each expression repeats, and then no match."""

from __future__ import annotations

KILLERS = (
    *"零 一 十 万 1 1. a a' 1- @ . ( [ { < 【 \" = ：".split(),  # noqa: SIM905
    *"积 能 要 几 哪 多久 先 跑 没 超过 查 需要 够 我 公司 本人 怎么 几年 到期 多久能 换 什么时候".split(),  # noqa: SIM905
    *"蒙古族 藏族 1周 1 周岁 京a 零-零 a1- a@a. 二二 十十 百分之".split(),  # noqa: SIM905
)

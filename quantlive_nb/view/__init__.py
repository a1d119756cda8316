"""The page: draws Snapshots, receives controls, computes nothing.

CSS classes that tests and users may rely on, all inside ``ql-root`` (which also has
``ql-market-simulated`` or ``ql-market-replay``):

==================================================  ===========================================
``ql-status``                                       the top; in it ``ql-state`` (``data-state``),
                                                    ``ql-market``, ``ql-rate``, ``ql-lag``,
                                                    ``ql-tape`` (``data-state``), ``ql-role``,
                                                    ``ql-clock``, ``ql-band``, ``ql-reason``,
                                                    ``ql-fallback``; what is doubtful:
                                                    ``ql-dropped -rejected -differing -skipped``
``ql-fill ql-filling ql-filled ql-fill-cancel``     the history, while it is fetched or skipped
``ql-message``                                      the sentence; ``ql-done`` or ``ql-error``
``ql-toast``                                        firings; each ``ql-alert-banner``
``ql-silence ql-stale``                             the browser's own word on a silent kernel: a
                                                    badge and a banner; ``ql-root`` is then
                                                    ``ql-silent`` too
``ql-source ql-replay-path -speed -play``           the source
``ql-add-symbol ql-add ql-chip``                    the streamed symbols
``ql-y ql-swap ql-x``                               the pair
``ql-every ql-every-other ql-bars ql-refresh``      the bars
``ql-window-hedge -z -correlation ql-z-threshold``  the windows
``ql-mode ql-follow``                               the mouse and the time axis
``ql-chart-y -x -spread -zscore -correlation``      the charts; ``ql-empty`` while there are no
``-panel``                                          data. In the ``ql-title`` of each: ``ql-name``,
                                                    ``ql-last``, ``ql-change``, ``ql-volume``,
                                                    ``ql-incomplete``, ``ql-tag``; under the
                                                    mouse ``ql-at``, ``ql-open``, ``ql-high``,
                                                    ``ql-low``, ``ql-close``, ``ql-trades``
``ql-stat-last-y -mean-y -std-y -min-y -max-y``     the statistics, and the same with ``-x``
``ql-stat-hedge -hedge-interval -spread -zscore``   those of the pair; ``ql-warming`` inside where
``-correlation -adf -engle-granger``                one has no value yet, and ``ql-incomplete``
                                                    above them
``ql-alert-name -metric -op -value -cooldown``      the form of an alert, and ``ql-alert-add``
``ql-alert-row ql-alert-state ql-alert-remove``     one alert (``data-state``)
``ql-alert-event ql-alert-clear``                   one firing (``data-ts``, ``data-value``)
``ql-export-what ql-export-format ql-download``     the export
==================================================  ===========================================

Elements with a number carry it unrounded as ``data-value``.
"""

from quantlive_nb.view.page import Page

__all__ = ["Page"]

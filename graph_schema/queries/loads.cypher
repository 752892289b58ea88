// purpose: the history of the graph: every load that changed something, the last one first
MATCH (l:Load)
RETURN l.id AS load, l.source AS source, l.release AS release, l.finished AS finished,
       l.num_nodes_added AS nodes_added, l.num_nodes_removed AS nodes_removed,
       l.num_nodes_changed AS nodes_changed, l.num_edges_added AS edges_added,
       l.num_edges_removed AS edges_removed, l.num_edges_changed AS edges_changed
ORDER BY load DESC
